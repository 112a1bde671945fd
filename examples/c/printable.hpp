// What the Asio examples show of a name.
#pragma once

#include <string>

// A name is the peer's and may hold anything: what a terminal could obey is shown as '?'.
inline std::string printable(const std::string &name) {
  std::string shown;
  for (std::size_t i = 0; i < name.size(); i++) {
    const unsigned char c = name[i], next = i + 1 < name.size() ? name[i + 1] : 0;
    const bool above = c == 0xC2 && next >= 0x80 && next < 0xA0;  // U+0080 to U+009F
    shown += c < 0x20 || c == 0x7F || above ? '?' : name[i];
    if (above) i++;
  }
  return shown;
}
