/** AdamW (Loshchilov & Hutter 2019, algorithm 2) over one parameter array. */

/** Settings of the optimiser. */
export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** First and second moments of the gradient, and the step count that unbiases them. */
export class AdamW {
  readonly options: AdamWOptions;
  readonly #decayed: Uint8Array;
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  #firstDecay = 1;
  #secondDecay = 1;

  /** `decayed` is non-zero for parameters that weight decay applies to: matrices, not norms. */
  constructor(decayed: Uint8Array, options: AdamWOptions) {
    this.options = options;
    this.#decayed = decayed;
    this.#first = new Float32Array(decayed.length);
    this.#second = new Float32Array(decayed.length);
  }

  /** One update of `parameters` by `gradient`. */
  step(parameters: Float32Array, gradient: Float32Array, rate: number): void {
    const { beta1, beta2, epsilon, weightDecay } = this.options;
    this.#firstDecay *= beta1;
    this.#secondDecay *= beta2;
    const unbiasFirst = 1 / (1 - this.#firstDecay);
    const unbiasSecond = 1 / (1 - this.#secondDecay);
    for (let i = 0; i < parameters.length; i++) {
      const slope = gradient[i];
      const first = beta1 * this.#first[i] + (1 - beta1) * slope;
      const second = beta2 * this.#second[i] + (1 - beta2) * slope * slope;
      this.#first[i] = first;
      this.#second[i] = second;
      const decay = this.#decayed[i] === 0 ? 0 : weightDecay * parameters[i];
      parameters[i] -= rate * ((first * unbiasFirst) / (Math.sqrt(second * unbiasSecond) + epsilon) + decay);
    }
  }
}

/** Scales the gradient so that its Euclidean norm is at most `most`; returns the norm before. */
export function clipNorm(gradient: Float32Array, most: number): number {
  let squares = 0;
  for (let i = 0; i < gradient.length; i++) squares += gradient[i] * gradient[i];
  const norm = Math.sqrt(squares);
  if (norm > most) for (let i = 0; i < gradient.length; i++) gradient[i] *= most / norm;
  return norm;
}
