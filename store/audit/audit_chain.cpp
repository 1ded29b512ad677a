#include "store/audit/audit_chain.hpp"

#include "store/audit/audit_line.hpp"

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

namespace bridgekeeper::store {

namespace {

constexpr std::size_t max_remarks = 100;

/// Passes the lines of a file to the chain until it is broken.
void read_lines(std::istream& in, audit_chain& chain) {
  std::string line;
  std::array<char, 65'536> piece;
  while (in.read(piece.data(), piece.size()), in.gcount() > 0) {
    std::string_view rest{piece.data(), static_cast<std::size_t>(in.gcount())};
    for (auto end = rest.find('\n'); end != std::string_view::npos;
         end = rest.find('\n')) {
      line += rest.substr(0, end);
      rest.remove_prefix(end + 1);
      if (!chain.add(line, true))
        return;
      line.clear();
    }
    line += rest;
    // Bound the length, because the file could be anything, even one endless
    // line.
    if (line.size() > max_audit_line)
      return chain.add_endless();
  }
  if (!line.empty())
    chain.add(line, false);
}

} // namespace

std::string to_string(const audit_remark& x) {
  return x.file + ":" + std::to_string(x.line) + ": " + x.text;
}

void audit_chain::begin_file(std::string name) {
  file_ = std::move(name);
  number_ = 0;
}

bool audit_chain::add(std::string_view line, bool ended) {
  if (out_.broken)
    return false;
  ++number_;
  if (!find_links(line) && !torn_) {
    torn_ = line;
    torn_place_ = {file_, number_,
                   ended ? "this is not a line of an audit log"
                         : "the line is cut short"};
    return true;
  }
  if (!check(line))
    return false;
  ++out_.lines;
  out_.last_hash = find_links(line)->hash;
  if (is_gap(line))
    remark(number_, "entries are missing here, according to the log itself");
  return true;
}

bool audit_chain::check(std::string_view line) {
  auto links = find_links(line);
  auto genuine = links && is_genuine(*links);
  if (torn_) {
    auto explained =
        genuine && torn_place_.file == file_ && accounts_for(line, *torn_);
    if (!explained) {
      out_.broken = std::exchange(torn_place_, {});
      return false;
    }
    remark(number_ - 1, "cut short by a crash or a full disk; the next line "
                        "accounts for it");
    torn_.reset();
  }
  if (!genuine) {
    refuse("the line was changed: its hash does not match its content");
    return false;
  }
  if (first_file_.empty()) {
    first_file_ = file_;
    first_prev_ = links->prev;
  } else if (links->prev != out_.last_hash) {
    refuse(number_ == 1
               ? "the file does not continue the one before it: lines are "
                 "missing between them, or the files are not given oldest first"
               : "the line does not follow the one before it: lines were "
                 "removed, inserted or moved here");
    return false;
  }
  return true;
}

void audit_chain::add_endless() {
  ++number_;
  refuse("the line is longer than any that the audit log writes");
}

void audit_chain::refuse(std::string why) {
  if (!out_.broken)
    out_.broken = audit_remark{file_, number_, std::move(why)};
}

void audit_chain::remark(std::uint64_t line, std::string text) {
  if (out_.remarks.size() < max_remarks)
    out_.remarks.push_back({file_, line, std::move(text)});
}

audit_findings audit_chain::finish() {
  if (torn_ && !out_.broken)
    out_.broken = torn_place_;
  if (!first_file_.empty() && first_prev_ != chain_beginning())
    out_.unchecked.push_back("the lines before the first line of " + first_file_
                             + ": it continues from a line with the hash "
                             + first_prev_ + ", which is not in these files");
  if (!out_.broken && out_.lines > 0)
    out_.unchecked.push_back(
        "whether lines were cut off after the last one: its hash is "
        + out_.last_hash
        + "; compare it with a copy of the hash that is stored elsewhere");
  return std::move(out_);
}

audit_findings verify_audit_files(std::span<const std::string> files) {
  audit_chain chain;
  for (const auto& name : files) {
    errno = 0;
    std::ifstream in{name, std::ios::binary};
    if (!in)
      throw std::system_error{errno, std::generic_category(), name};
    chain.begin_file(name);
    read_lines(in, chain);
    if (in.bad())
      throw std::system_error{EIO, std::generic_category(), name};
  }
  return chain.finish();
}

} // namespace bridgekeeper::store
