/**
 * Source text of the rotation kernels, in the subset of JavaScript that gpu.js compiles to shaders, WebAssembly and loops.
 *
 * Whole numbers travel as floats in shaders: every index here stays below 2^22, and each quotient is taken of x + ½, so that a division that
 * comes out a little low cannot drop to the number before.
 */

/**
 * Four elements a thread, NeoX pairing. `keys`: quads, one line of the texture holding `perLine` tokens of inner × quads-per-head quads.
 * `turns`: for each distinct shift a line of cos quad, sin quad, cos quad, …; `lines`: for each token the line of `turns`.
 */
export const NEOX_QUADS = `function rotateNeox(keys, turns, lines) {
  const x = this.thread.x;
  const y = this.thread.y;
  const quad = x - Math.floor((x + 0.5) / this.constants.headQuads) * this.constants.headQuads;
  const own = keys[y][x];
  let a = own[0];
  let b = own[1];
  let c = own[2];
  let d = own[3];
  if (quad < this.constants.rotaryQuads) {
    const slot = Math.floor((x + 0.5) / this.constants.tokenQuads);
    const line = lines[y][slot];
    let pair = quad;
    let sign = -1.0;
    let partner = x + this.constants.halfQuads;
    if (quad >= this.constants.halfQuads) {
      pair = quad - this.constants.halfQuads;
      sign = 1.0;
      partner = x - this.constants.halfQuads;
    }
    const other = keys[y][partner];
    const cosines = turns[line[0]][pair * 2];
    const sines = turns[line[0]][pair * 2 + 1];
    a = own[0] * cosines[0] + sign * other[0] * sines[0];
    b = own[1] * cosines[1] + sign * other[1] * sines[1];
    c = own[2] * cosines[2] + sign * other[2] * sines[2];
    d = own[3] * cosines[3] + sign * other[3] * sines[3];
  }
  return [a, b, c, d];
}`;

/** Four elements a thread, interleaved pairing; a line of `turns` holds cos, sin, cos, sin of two pairs a quad. */
export const INTERLEAVED_QUADS = `function rotateInterleaved(keys, turns, lines) {
  const x = this.thread.x;
  const y = this.thread.y;
  const quad = x - Math.floor((x + 0.5) / this.constants.headQuads) * this.constants.headQuads;
  const own = keys[y][x];
  let a = own[0];
  let b = own[1];
  let c = own[2];
  let d = own[3];
  if (quad < this.constants.rotaryQuads) {
    const slot = Math.floor((x + 0.5) / this.constants.tokenQuads);
    const line = lines[y][slot];
    const turn = turns[line[0]][quad];
    a = own[0] * turn[0] - own[1] * turn[1];
    b = own[0] * turn[1] + own[1] * turn[0];
    c = own[2] * turn[2] - own[3] * turn[3];
    d = own[2] * turn[3] + own[3] * turn[2];
  }
  return [a, b, c, d];
}`;

/**
 * One element a thread, either pairing: for webasm and cpu, whose threads are loop iterations. x: element within a token, y: token,
 * z: outer. `partner`, `sign` and `pair` say for each element of a token where its partner lies, whether its sine counts negative, and
 * which column of the tables turns it; the pass-through elements have sign 0 and a column of cos 1.
 */
export const ELEMENTS = `function rotateElements(keys, cosines, sines, lines, partner, sign, pair) {
  const x = this.thread.x;
  const y = this.thread.y;
  const z = this.thread.z;
  const line = lines[y];
  const column = pair[x];
  return keys[z][y][x] * cosines[line][column] + sign[x] * keys[z][y][partner[x]] * sines[line][column];
}`;

/**
 * fp16 to floats, four a thread. `halves`: two halves a texel as bytes, low byte first; `powers`: a line of 2^(e − 25) for each exponent e
 * from 1 to 31 and 2^-24 at 0, exact, because the powers of two that shaders compute are not.
 */
export const DECODE_HALVES = `function decodeHalves(halves, powers) {
  const x = this.thread.x;
  const y = this.thread.y;
  const low = halves[y][x * 2];
  const high = halves[y][x * 2 + 1];
${[
  ['a', 'low', 0],
  ['b', 'low', 2],
  ['c', 'high', 0],
  ['d', 'high', 2],
]
  .map(
    ([name, texel, at]) => `
  const ${name}Top = Math.floor(${texel}[${Number(at) + 1}] * 255.0 + 0.5);
  const ${name}Sign = Math.floor((${name}Top + 0.5) / 128.0);
  const ${name}Exponent = Math.floor((${name}Top - ${name}Sign * 128.0 + 0.5) / 4.0);
  const ${name}Fraction = (${name}Top - ${name}Sign * 128.0 - ${name}Exponent * 4.0) * 256.0 + Math.floor(${texel}[${at}] * 255.0 + 0.5);
  const ${name}Power = powers[0][${name}Exponent];
  let ${name} = ${name}Fraction * ${name}Power[0];
  if (${name}Exponent > 0.5) { ${name} = (${name}Fraction + 1024.0) * ${name}Power[0]; }
  if (${name}Sign > 0.5) { ${name} = -${name}; }`,
  )
  .join('\n')}
  return [a, b, c, d];
}`;

/** The statements that take code number `at` of a run out of texels of bytes: `bits` bits a code, the lowest first. */
function codeStatements(name: string, texelX: string, texelY: string, at: string): string {
  return `
  const ${name}Byte = Math.floor((${at} + 0.5) / this.constants.perByte);
  const ${name}Texel = Math.floor((${name}Byte + 0.5) / 4.0);
  const ${name}Bytes = codes[${texelY}][${texelX} + ${name}Texel];
  const ${name}Which = ${name}Byte - ${name}Texel * 4.0;
  let ${name}Value = ${name}Bytes[0];
  if (${name}Which > 0.5) { ${name}Value = ${name}Bytes[1]; }
  if (${name}Which > 1.5) { ${name}Value = ${name}Bytes[2]; }
  if (${name}Which > 2.5) { ${name}Value = ${name}Bytes[3]; }
  ${name}Value = Math.floor(${name}Value * 255.0 + 0.5);
  let ${name}Rest = ${at} - ${name}Byte * this.constants.perByte;
  if (${name}Rest > 0.5) { ${name}Value = Math.floor((${name}Value + 0.5) / this.constants.radix); }
  if (${name}Rest > 1.5) { ${name}Value = Math.floor((${name}Value + 0.5) / this.constants.radix); }
  if (${name}Rest > 2.5) { ${name}Value = Math.floor((${name}Value + 0.5) / this.constants.radix); }
  const ${name} = ${name}Value - Math.floor((${name}Value + 0.5) / this.constants.radix) * this.constants.radix;`;
}

/**
 * Group-quantised numbers to floats, four a thread, groups along tokens (per channel). A segment is one head of one block of tokens: for each
 * of its channels a run of `runTexels` texels of codes; `scales` and `minima` hold a quad for each four channels. `where` gives each token the
 * segment of its first head and its place in the block.
 */
export const DEQUANTISE_CHANNELS = `function dequantiseChannels(codes, scales, minima, where) {
  const x = this.thread.x;
  const y = this.thread.y;
  const slot = Math.floor((x + 0.5) / this.constants.tokenQuads);
  const inToken = x - slot * this.constants.tokenQuads;
  const head = Math.floor((inToken + 0.5) / this.constants.headQuads);
  const quad = inToken - head * this.constants.headQuads;
  const place = where[y][slot];
  const segment = place[0] + head;
  const codeLine = Math.floor((segment + 0.5) / this.constants.codesPerLine);
  const codeStart = (segment - codeLine * this.constants.codesPerLine) * this.constants.segmentTexels + quad * 4.0 * this.constants.runTexels;
  const scaleLine = Math.floor((segment + 0.5) / this.constants.scalesPerLine);
  const scaleAt = (segment - scaleLine * this.constants.scalesPerLine) * this.constants.headQuads + quad;
  const scale = scales[scaleLine][scaleAt];
  const least = minima[scaleLine][scaleAt];
${['a', 'b', 'c', 'd'].map((name, i) => codeStatements(name, `codeStart + ${i}.0 * this.constants.runTexels`, 'codeLine', 'place[1]')).join('\n')}
  return [least[0] + scale[0] * a, least[1] + scale[1] * b, least[2] + scale[2] * c, least[3] + scale[3] * d];
}`;

/**
 * Group-quantised numbers to floats, four a thread, groups along channels (per token). A segment is one token: its codes in order, and one
 * scale and minimum a group, in `groups` as (scale, minimum, 0, 0).
 */
export const DEQUANTISE_TOKENS = `function dequantiseTokens(codes, groups, where) {
  const x = this.thread.x;
  const y = this.thread.y;
  const slot = Math.floor((x + 0.5) / this.constants.tokenQuads);
  const quad = x - slot * this.constants.tokenQuads;
  const place = where[y][slot];
  const segment = place[0];
  const codeLine = Math.floor((segment + 0.5) / this.constants.codesPerLine);
  const codeStart = (segment - codeLine * this.constants.codesPerLine) * this.constants.segmentTexels;
  const groupLine = Math.floor((segment + 0.5) / this.constants.groupsPerLine);
  const groupAt = (segment - groupLine * this.constants.groupsPerLine) * this.constants.tokenGroups + Math.floor((quad * 4.0 + 0.5) / this.constants.groupSize);
  const group = groups[groupLine][groupAt];
${['a', 'b', 'c', 'd'].map((name, i) => codeStatements(name, 'codeStart', 'codeLine', `(quad * 4.0 + ${i}.0)`)).join('\n')}
  return [group[1] + group[0] * a, group[1] + group[0] * b, group[1] + group[0] * c, group[1] + group[0] * d];
}`;

/** Copies whole tokens to another order: `where` gives each token of the result its line and its slot in the source. */
export const GATHER_TOKENS = `function gatherTokens(source, where) {
  const x = this.thread.x;
  const y = this.thread.y;
  const slot = Math.floor((x + 0.5) / this.constants.tokenQuads);
  const place = where[y][slot];
  const own = source[place[0]][place[1] * this.constants.tokenQuads + (x - slot * this.constants.tokenQuads)];
  return [own[0], own[1], own[2], own[3]];
}`;

/** Copies quads: what a device can do at best on the same textures. */
export const COPY_QUADS = `function copyQuads(keys) {
  const own = keys[this.thread.y][this.thread.x];
  return [own[0], own[1], own[2], own[3]];
}`;
