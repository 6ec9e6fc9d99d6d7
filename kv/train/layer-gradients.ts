/** The parts of a layer that are not matrix products, forward with what the way back needs, and back. */
import type { Reals } from '../tensor/matrix-product.ts';
import type { LossSum } from './gradient.ts';

/** out = x·s·gain with s = 1/√(mean x² + ε) for each row, kept in `scale`. */
export function rmsNormForward(x: Reals, gain: Reals, rows: number, epsilon: number, out: Reals, scale: Reals): void {
  const dim = gain.length;
  for (let row = 0; row < rows; row++) {
    const at = row * dim;
    let squares = 0;
    for (let i = at; i < at + dim; i++) squares += x[i] * x[i];
    const s = 1 / Math.sqrt(squares / dim + epsilon);
    scale[row] = s;
    for (let i = 0; i < dim; i++) out[at + i] = x[at + i] * s * gain[i];
  }
}

/** xSlope += s·gain∘y − x·s³·(Σ gain∘y∘x)/dim for the slope y of the output; gainSlope += Σ rows y∘x·s. */
export function rmsNormBackward(x: Reals, gain: Reals, scale: Reals, outSlope: Reals, rows: number, xSlope: Reals, gainSlope: Reals): void {
  const dim = gain.length;
  for (let row = 0; row < rows; row++) {
    const at = row * dim;
    const s = scale[row];
    let along = 0;
    for (let i = 0; i < dim; i++) along += outSlope[at + i] * gain[i] * x[at + i];
    const pull = (along * s * s * s) / dim;
    for (let i = 0; i < dim; i++) {
      xSlope[at + i] += outSlope[at + i] * gain[i] * s - x[at + i] * pull;
      gainSlope[i] += outSlope[at + i] * x[at + i] * s;
    }
  }
}

/** out = silu(gate)∘up. */
export function swiGluForward(gate: Reals, up: Reals, out: Reals): void {
  for (let i = 0; i < gate.length; i++) out[i] = (gate[i] / (1 + Math.exp(-gate[i]))) * up[i];
}

/** Turns the slope of silu(gate)∘up into that of the gate, in place, and writes that of `up`. silu' = σ·(1 + x·(1 − σ)). */
export function swiGluBackward(gate: Reals, up: Reals, slope: Reals, upSlope: Reals): void {
  for (let i = 0; i < gate.length; i++) {
    const x = gate[i];
    const sigmoid = 1 / (1 + Math.exp(-x));
    upSlope[i] = slope[i] * x * sigmoid;
    slope[i] *= up[i] * sigmoid * (1 + x * (1 - sigmoid));
  }
}

/** Sum of −ln p(target) over the asked rows; leaves softmax − one-hot, its gradient, in `logits`. */
export function crossEntropy(logits: Reals, asked: Int32Array, targets: Int32Array, vocab: number): LossSum {
  let loss = 0;
  let correct = 0;
  for (let i = 0; i < asked.length; i++) {
    const at = i * vocab;
    const target = targets[asked[i]];
    let best = 0;
    for (let j = 1; j < vocab; j++) if (logits[at + j] > logits[at + best]) best = j;
    const most = logits[at + best];
    const aim = logits[at + target];
    let sum = 0;
    for (let j = 0; j < vocab; j++) {
      const weight = Math.exp(logits[at + j] - most);
      logits[at + j] = weight;
      sum += weight;
    }
    for (let j = 0; j < vocab; j++) logits[at + j] /= sum;
    logits[at + target] -= 1;
    loss += Math.log(sum) + most - aim;
    if (best === target) correct++;
  }
  return { loss, targets: asked.length, correct };
}
