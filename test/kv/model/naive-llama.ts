/**
 * A Llama forward pass written from the formulas, one token and one head at a time, in binary64 and without anything of the code under test but
 * the frequencies. The first `count` tokens see each other as `sees` allows.
 */
import type { LlamaConfig } from '../../../kv/model/llama-config.ts';
import type { LlamaWeights } from '../../../kv/model/llama-weights.ts';
import { ropeFrequencies } from '../../../kv/rope/frequencies.ts';

type Vector = number[];

const times = (matrix: Float32Array, x: Vector, rows: number): Vector =>
  Array.from({ length: rows }, (_, r) => x.reduce((sum, value, c) => sum + matrix[r * x.length + c] * value, 0));

function normed(x: Vector, gain: Float32Array, epsilon: number): Vector {
  const scale = 1 / Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length + epsilon);
  return x.map((value, i) => value * scale * gain[i]);
}

function turned(head: Vector, config: LlamaConfig, position: number): Vector {
  const { pairing, rotaryDim } = config.rope;
  const out = head.slice();
  ropeFrequencies(config.rope).forEach((frequency, i) => {
    const [a, b] = pairing === 'neox' ? [i, i + rotaryDim / 2] : [2 * i, 2 * i + 1];
    const c = Math.cos(position * frequency);
    const s = Math.sin(position * frequency);
    out[a] = head[a] * c - head[b] * s;
    out[b] = head[a] * s + head[b] * c;
  });
  return out;
}

/** Logits of every token. */
export function naiveForward(
  config: LlamaConfig,
  weights: LlamaWeights,
  tokens: readonly number[],
  positions: readonly number[] = tokens.map((_, i) => i),
  sees: (i: number, j: number) => boolean = (i, j) => j <= i,
): Vector[] {
  const { dim, heads, kvHeads, headDim, hiddenDim } = config;
  let stream = tokens.map((token) => Array.from(weights.embedding.subarray(token * dim, (token + 1) * dim)));
  for (const layer of weights.layers) {
    const split = (flat: Vector, count: number): Vector[] => Array.from({ length: count }, (_, h) => flat.slice(h * headDim, (h + 1) * headDim));
    const parts = stream.map((x, i) => {
      const y = normed(x, layer.attentionNorm, config.normEpsilon);
      return {
        q: split(times(layer.query, y, heads * headDim), heads).map((head) => turned(head, config, positions[i])),
        k: split(times(layer.key, y, kvHeads * headDim), kvHeads).map((head) => turned(head, config, positions[i])),
        v: split(times(layer.value, y, kvHeads * headDim), kvHeads),
      };
    });
    stream = stream.map((x, i) => {
      const seen = tokens.flatMap((_, j) => (sees(i, j) ? [j] : []));
      const mixed = parts[i].q.flatMap((q, h) => {
        const g = Math.floor(h / (heads / kvHeads));
        const weightsOf = seen.map((j) => Math.exp(q.reduce((sum, value, d) => sum + value * parts[j].k[g][d], 0) / Math.sqrt(headDim)));
        const total = weightsOf.reduce((sum, w) => sum + w, 0);
        return q.map((_, d) => seen.reduce((sum, j, n) => sum + (weightsOf[n] / total) * parts[j].v[g][d], 0));
      });
      const attended = times(layer.output, mixed, dim).map((value, d) => value + x[d]);
      const y = normed(attended, layer.feedForwardNorm, config.normEpsilon);
      const gate = times(layer.gate, y, hiddenDim);
      const up = times(layer.up, y, hiddenDim);
      const active = gate.map((g, d) => (g / (1 + Math.exp(-g))) * up[d]);
      return times(layer.down, active, dim).map((value, d) => value + attended[d]);
    });
  }
  return stream.map((x) => times(weights.classifier, normed(x, weights.finalNorm, config.normEpsilon), config.vocab));
}
