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
