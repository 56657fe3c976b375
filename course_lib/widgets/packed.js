// Numbers that came as base64 of little-endian floats of four bytes or of two.
const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const floats = (text) => [...new Float32Array(bytesOf(text).buffer)];

// A float16 has a sign, five bits of exponent and ten of mantissa (IEEE 754).
const half = (bits) => {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = (bits & 1023) / 1024;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + mantissa) : 2 ** -14 * mantissa);
};
const halves = (text) => [...new Uint16Array(bytesOf(text).buffer)].map(half);
