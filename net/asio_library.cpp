// The code of Asio and Beast that is not a template, compiled here once instead
// of in each file that uses it.

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
