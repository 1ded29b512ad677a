#pragma once

namespace bridgekeeper::app {

/// Combines several lambdas into one function object for `std::visit`.
template <class... Fs>
struct overload : Fs... {
  using Fs::operator()...;
};

template <class... Fs>
overload(Fs...) -> overload<Fs...>;

} // namespace bridgekeeper::app
