/** The parts of a transformer layer that are not matrix products. */

/** Each row divided by its root mean square and multiplied by `gain` (Zhang & Sennrich 2019); rows = x.length / gain.length. */
export function rmsNorm(x: Float32Array, gain: Float32Array, rows: number, epsilon: number): Float32Array {
  const dim = gain.length;
  const out = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) {
    const at = row * dim;
    let squares = 0;
    for (let i = at; i < at + dim; i++) squares += x[i] * x[i];
    const scale = 1 / Math.sqrt(squares / dim + epsilon);
    for (let i = 0; i < dim; i++) out[at + i] = x[at + i] * scale * gain[i];
  }
  return out;
}

/** x += y. */
export function addInto(x: Float32Array, y: Float32Array): void {
  for (let i = 0; i < x.length; i++) x[i] += y[i];
}

/** gate = silu(gate) ∘ up, silu(x) = x / (1 + e^−x) (Shazeer 2020). */
export function swiGlu(gate: Float32Array, up: Float32Array): void {
  for (let i = 0; i < gate.length; i++) gate[i] = (gate[i] / (1 + Math.exp(-gate[i]))) * up[i];
}
