/**
 * Loss and gradient of a Llama-architecture model by reverse-mode differentiation, written out layer by layer.
 *
 * The examples of a call are laid end to end as rows of one matrix, so that each weight meets all of them in one product; attention stays
 * within an example. Works in binary32 for training and in binary64 for checks against finite differences.
 */
import { kvDim } from '../model/llama-config.ts';
import type { LlamaConfig } from '../model/llama-config.ts';
import { viewWeights } from '../model/llama-weights.ts';
import type { LayerWeights, LlamaWeights } from '../model/llama-weights.ts';
import { ropeAttentionFactor, ropeFrequencies } from '../rope/frequencies.ts';
import { rotateHeads } from '../rope/rotate-heads.ts';
import { rotationTable } from '../rope/rotation-table.ts';
import type { RotationTable } from '../rope/rotation-table.ts';
import { rowMajor, transposed } from '../tensor/matrix-product.ts';
import type { MatrixProduct, Reals } from '../tensor/matrix-product.ts';
import { attentionBackward, attentionForward } from './attention-gradient.ts';
import { crossEntropy, rmsNormBackward, rmsNormForward, swiGluBackward, swiGluForward } from './layer-gradients.ts';
import type { TrainingExample } from './training-example.ts';
import { checkExample } from './training-example.ts';

/** Sums over the targets of a call; the gradient handed in has received the gradient of `loss`, the sum, not the mean. */
export interface LossSum {
  loss: number;
  targets: number;
  /** Targets that were the most likely token. */
  correct: number;
}

interface LayerTape {
  readonly input: Reals;
  readonly attentionScale: Reals;
  readonly attentionNormed: Reals;
  readonly query: Reals;
  readonly key: Reals;
  readonly value: Reals;
  readonly probabilities: readonly Reals[];
  readonly context: Reals;
  readonly middle: Reals;
  readonly feedForwardScale: Reals;
  readonly feedForwardNormed: Reals;
  readonly gate: Reals;
  readonly up: Reals;
  readonly activated: Reals;
}

/** Rows of one example within the batch. */
export interface ExampleRows {
  readonly first: number;
  readonly count: number;
  readonly mask: Uint8Array;
}

/** Differentiates one model shape; holds no state between calls but the rotary frequencies. */
export class GradientPass {
  readonly config: LlamaConfig;
  readonly #product: MatrixProduct;
  readonly #frequencies: Float64Array;

  constructor(config: LlamaConfig, product: MatrixProduct) {
    this.config = config;
    this.#product = product;
    this.#frequencies = ropeFrequencies(config.rope);
  }

  /** Loss alone. */
  loss(parameters: Reals, examples: readonly TrainingExample[]): LossSum {
    return this.#run(parameters, examples, undefined);
  }

  /** Loss, adding its gradient to `gradient`, which is laid out as the parameters are. */
  lossAndGradient(parameters: Reals, examples: readonly TrainingExample[], gradient: Reals): LossSum {
    return this.#run(parameters, examples, gradient);
  }

  #run(parameters: Reals, examples: readonly TrainingExample[], gradient: Reals | undefined): LossSum {
    const { config } = this;
    const weights = viewWeights(config, parameters);
    const make = (length: number): Reals => (parameters instanceof Float32Array ? new Float32Array(length) : new Float64Array(length));
    const rows: ExampleRows[] = [];
    let total = 0;
    for (const example of examples) {
      checkExample(example, config.vocab);
      rows.push({ first: total, count: example.tokens.length, mask: example.mask });
      total += example.tokens.length;
    }
    const tokens = new Int32Array(total);
    const positions = new Int32Array(total);
    const targets = new Int32Array(total);
    examples.forEach((example, i) => {
      tokens.set(example.tokens, rows[i].first);
      positions.set(example.positions, rows[i].first);
      targets.set(example.targets, rows[i].first);
    });
    const table = rotationTable(this.#frequencies, positions, ropeAttentionFactor(config.rope));

    let stream = make(total * config.dim);
    tokens.forEach((token, i) => {
      stream.set(weights.embedding.subarray(token * config.dim, (token + 1) * config.dim), i * config.dim);
    });
    const tapes: LayerTape[] = [];
    for (const layer of weights.layers) {
      const tape = this.#layerForward(layer, stream, total, rows, table, make);
      tapes.push(tape.tape);
      stream = tape.output;
    }

    // Only rows with a target go through the classifier.
    const asked = Int32Array.from(targets.keys()).filter((row) => targets[row] >= 0);
    const finalScale = make(total);
    const normed = make(total * config.dim);
    rmsNormForward(stream, weights.finalNorm, total, config.normEpsilon, normed, finalScale);
    const chosen = make(asked.length * config.dim);
    asked.forEach((row, i) => {
      chosen.set(normed.subarray(row * config.dim, (row + 1) * config.dim), i * config.dim);
    });
    const logits = make(asked.length * config.vocab);
    this.#forward(chosen, weights.classifier, logits, asked.length, config.dim, config.vocab);
    // Leaves the gradient of the loss in the logits.
    const sum = crossEntropy(logits, asked, targets, config.vocab);
    if (gradient === undefined) return sum;

    const slopes = viewWeights(config, gradient);
    const chosenSlope = make(asked.length * config.dim);
    this.#backward(logits, chosen, weights.classifier, chosenSlope, slopes.classifier, asked.length, config.dim, config.vocab, false);
    const normedSlope = make(total * config.dim);
    asked.forEach((row, i) => {
      normedSlope.set(chosenSlope.subarray(i * config.dim, (i + 1) * config.dim), row * config.dim);
    });
    let streamSlope = make(total * config.dim);
    rmsNormBackward(stream, weights.finalNorm, finalScale, normedSlope, total, streamSlope, slopes.finalNorm);
    for (let layer = config.layers - 1; layer >= 0; layer--) {
      streamSlope = this.#layerBackward(weights.layers[layer], slopes.layers[layer], tapes[layer], streamSlope, total, rows, table, make);
    }
    tokens.forEach((token, i) => {
      addRow(slopes, token, streamSlope, i, config.dim);
    });
    return sum;
  }

  /** out = x·weightᵀ. */
  #forward(x: Reals, weight: Reals, out: Reals, rows: number, inputs: number, outputs: number): void {
    this.#product.multiply(rowMajor(x, inputs), transposed(weight, inputs), rowMajor(out, outputs), rows, inputs, outputs);
  }

  /** xSlope (+)= outSlope·weight; weightSlope += outSlopeᵀ·x. */
  #backward(outSlope: Reals, x: Reals, weight: Reals, xSlope: Reals, weightSlope: Reals, rows: number, inputs: number, outputs: number, accumulate: boolean): void {
    this.#product.multiply(rowMajor(outSlope, outputs), rowMajor(weight, inputs), rowMajor(xSlope, inputs), rows, outputs, inputs, accumulate);
    this.#product.multiply(transposed(outSlope, outputs), rowMajor(x, inputs), rowMajor(weightSlope, inputs), outputs, rows, inputs, true);
  }

  #layerForward(
    weights: LayerWeights<Reals>,
    input: Reals,
    total: number,
    rows: readonly ExampleRows[],
    table: RotationTable,
    make: (length: number) => Reals,
  ): { tape: LayerTape; output: Reals } {
    const { config } = this;
    const { dim, hiddenDim, heads, kvHeads, headDim, normEpsilon } = config;
    const queryDim = heads * headDim;
    const width = kvDim(config);
    const attentionScale = make(total);
    const attentionNormed = make(total * dim);
    rmsNormForward(input, weights.attentionNorm, total, normEpsilon, attentionNormed, attentionScale);
    const query = make(total * queryDim);
    const key = make(total * width);
    const value = make(total * width);
    this.#forward(attentionNormed, weights.query, query, total, dim, queryDim);
    this.#forward(attentionNormed, weights.key, key, total, dim, width);
    this.#forward(attentionNormed, weights.value, value, total, dim, width);
    for (let i = 0; i < total; i++) this.#rotate(query, key, i, table, 1);
    const context = make(total * queryDim);
    const probabilities = rows.map((example) => attentionForward({ heads, kvHeads, headDim }, example, query, key, value, context, this.#product, make));
    const middle = make(total * dim);
    this.#forward(context, weights.output, middle, total, queryDim, dim);
    for (let i = 0; i < middle.length; i++) middle[i] += input[i];

    const feedForwardScale = make(total);
    const feedForwardNormed = make(total * dim);
    rmsNormForward(middle, weights.feedForwardNorm, total, normEpsilon, feedForwardNormed, feedForwardScale);
    const gate = make(total * hiddenDim);
    const up = make(total * hiddenDim);
    this.#forward(feedForwardNormed, weights.gate, gate, total, dim, hiddenDim);
    this.#forward(feedForwardNormed, weights.up, up, total, dim, hiddenDim);
    const activated = make(total * hiddenDim);
    swiGluForward(gate, up, activated);
    const output = make(total * dim);
    this.#forward(activated, weights.down, output, total, hiddenDim, dim);
    for (let i = 0; i < output.length; i++) output[i] += middle[i];
    const tape = { input, attentionScale, attentionNormed, query, key, value, probabilities, context, middle, feedForwardScale, feedForwardNormed, gate, up, activated };
    return { tape, output };
  }

  #layerBackward(
    weights: LayerWeights<Reals>,
    slopes: LayerWeights<Reals>,
    tape: LayerTape,
    outputSlope: Reals,
    total: number,
    rows: readonly ExampleRows[],
    table: RotationTable,
    make: (length: number) => Reals,
  ): Reals {
    const { config } = this;
    const { dim, hiddenDim, heads, kvHeads, headDim } = config;
    const queryDim = heads * headDim;
    const width = kvDim(config);
    // Feed-forward half. `outputSlope` is also the slope of `middle` along the residual path; it is reused as such.
    const activatedSlope = make(total * hiddenDim);
    this.#backward(outputSlope, tape.activated, weights.down, activatedSlope, slopes.down, total, hiddenDim, dim, false);
    const upSlope = make(total * hiddenDim);
    swiGluBackward(tape.gate, tape.up, activatedSlope, upSlope); // activatedSlope becomes the slope of the gate.
    const normedSlope = make(total * dim);
    this.#backward(activatedSlope, tape.feedForwardNormed, weights.gate, normedSlope, slopes.gate, total, dim, hiddenDim, false);
    this.#backward(upSlope, tape.feedForwardNormed, weights.up, normedSlope, slopes.up, total, dim, hiddenDim, true);
    const middleSlope = outputSlope;
    rmsNormBackward(tape.middle, weights.feedForwardNorm, tape.feedForwardScale, normedSlope, total, middleSlope, slopes.feedForwardNorm);
    // Attention half.
    const contextSlope = make(total * queryDim);
    this.#backward(middleSlope, tape.context, weights.output, contextSlope, slopes.output, total, queryDim, dim, false);
    const querySlope = make(total * queryDim);
    const keySlope = make(total * width);
    const valueSlope = make(total * width);
    rows.forEach((example, i) => {
      attentionBackward({ heads, kvHeads, headDim }, example, tape, tape.probabilities[i], contextSlope, { querySlope, keySlope, valueSlope }, this.#product, make);
    });
    for (let i = 0; i < total; i++) this.#rotate(querySlope, keySlope, i, table, -1);
    normedSlope.fill(0);
    this.#backward(querySlope, tape.attentionNormed, weights.query, normedSlope, slopes.query, total, dim, queryDim, true);
    this.#backward(keySlope, tape.attentionNormed, weights.key, normedSlope, slopes.key, total, dim, width, true);
    this.#backward(valueSlope, tape.attentionNormed, weights.value, normedSlope, slopes.value, total, dim, width, true);
    rmsNormBackward(tape.input, weights.attentionNorm, tape.attentionScale, normedSlope, total, middleSlope, slopes.attentionNorm);
    return middleSlope;
  }

  /** Turns one row of queries and keys; the inverse turn is also the transpose, which is what the backward pass needs. */
  #rotate(query: Reals, key: Reals, row: number, table: RotationTable, direction: 1 | -1): void {
    const { heads, kvHeads, headDim, rope } = this.config;
    rotateHeads(query, row * heads * headDim, heads, headDim, rope.pairing, table.pairs, table.cos, table.sin, row * table.pairs, direction);
    rotateHeads(key, row * kvHeads * headDim, kvHeads, headDim, rope.pairing, table.pairs, table.cos, table.sin, row * table.pairs, direction);
  }
}

function addRow(slopes: LlamaWeights<Reals>, token: number, slope: Reals, row: number, dim: number): void {
  for (let i = 0; i < dim; i++) slopes.embedding[token * dim + i] += slope[row * dim + i];
}
