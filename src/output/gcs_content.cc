#include "output/gcs_content.h"

#include <array>
#include <cstdint>
#include <stdexcept>

#include <openssl/evp.h>
#include <zlib.h>

#include "base/encoding.h"

namespace engine::gcs {
namespace {

constexpr int kGzip = MAX_WBITS + 16;  // For zlib: gzip's header and trailer.

constexpr std::array<std::uint32_t, 256> crc32c_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 1U) != 0 ? crc >> 1 ^ 0x82f63b78U : crc >> 1;
    table[i] = crc;
  }
  return table;
}
constexpr auto kTable = crc32c_table();

std::string crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const char c : bytes)
    crc = kTable[(crc ^ static_cast<std::uint8_t>(c)) & 0xffU] ^ crc >> 8;
  crc = ~crc;
  std::string raw;
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    raw += static_cast<char>(crc >> shift & 0xffU);
  return raw;
}

std::string md5(std::string_view bytes) {
  std::string digest(16, '\0');
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                 nullptr, EVP_md5(), nullptr) != 1) {
    return {};  // OpenSSL may be forbidden to; the other checksum is left.
  }
  return digest;
}

Bytef* raw(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib only reads there.
}

}  // namespace

Checksums checksums_of(std::string_view bytes) {
  return {.md5 = to_base64(md5(bytes)), .crc32c = to_base64(crc32c(bytes))};
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::runtime_error("gzip: zlib refused");
  }
  std::string packed(::deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = raw(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = raw(packed);
  stream.avail_out = static_cast<uInt>(packed.size());
  const int code = ::deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  if (code != Z_STREAM_END) throw std::runtime_error("gzip: zlib did not finish");
  return packed;
}

Result<std::string> gunzip(std::string_view packed, std::size_t size) {
  const Error damaged{Errc::kConflict, "is no gzip of the size that was written", {}};
  z_stream stream{};
  if (::inflateInit2(&stream, kGzip) != Z_OK) return damaged;
  std::string bytes(size + 1, '\0');  // One more, to see that there is no more.
  stream.next_in = raw(packed);
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = raw(bytes);
  stream.avail_out = static_cast<uInt>(bytes.size());
  const int code = ::inflate(&stream, Z_FINISH);
  const bool is_whole = code == Z_STREAM_END && stream.total_out == size && stream.avail_in == 0;
  ::inflateEnd(&stream);
  if (!is_whole) return damaged;
  bytes.resize(size);
  return bytes;
}

}  // namespace engine::gcs
