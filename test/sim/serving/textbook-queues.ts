/** Queues as textbooks define them, computed without a simulator: one number per customer, in order of arrival. */

export interface Customer {
  readonly arrivalNs: number;
  readonly serviceNs: number;
}

/** Waiting times in a single-server queue: Lindley's recursion, W' = max(0, W + S − A). */
export class LindleyQueue {
  #freeNs = 0;

  wait(arrivalNs: number, serviceNs: number): number {
    const startNs = Math.max(arrivalNs, this.#freeNs);
    this.#freeNs = startNs + serviceNs;
    return startNs - arrivalNs;
  }
}

/** Waiting times with several servers: Kiefer and Wolfowitz's recursion on the instants at which servers are free. */
export class KieferWolfowitzQueue {
  readonly #freeNs: Float64Array;

  constructor(servers: number) {
    this.#freeNs = new Float64Array(servers);
  }

  wait(arrivalNs: number, serviceNs: number): number {
    const free = this.#freeNs;
    let first = 0;
    for (let server = 1; server < free.length; server += 1) if (free[server] < free[first]) first = server;
    const startNs = Math.max(arrivalNs, free[first]);
    free[first] = startNs + serviceNs;
    return startNs - arrivalNs;
  }
}

/**
 * Sojourn times under egalitarian processor sharing, by virtual time: it grows at 1/n with n customers present, and a
 * customer leaves when it has grown by his service time. Sojourns come out in order of departure.
 */
export class ProcessorSharingQueue {
  readonly #finish: number[] = [];
  readonly #arrival: number[] = [];
  readonly #departed: (sojournNs: number, arrivalNs: number) => void;
  #nowNs = 0;
  #virtual = 0;

  constructor(departed: (sojournNs: number, arrivalNs: number) => void) {
    this.#departed = departed;
  }

  arrive(arrivalNs: number, serviceNs: number): void {
    this.#advance(arrivalNs);
    if (this.#finish.length === 0) this.#virtual = 0;
    this.#push(this.#virtual + serviceNs, arrivalNs);
  }

  drain(): void {
    this.#advance(Infinity);
  }

  #advance(untilNs: number): void {
    while (this.#finish.length > 0) {
      const nextNs = this.#nowNs + (this.#finish[0] - this.#virtual) * this.#finish.length;
      if (nextNs > untilNs) break;
      this.#nowNs = nextNs;
      this.#virtual = this.#finish[0];
      this.#departed(nextNs - this.#arrival[0], this.#arrival[0]);
      this.#pop();
    }
    if (untilNs === Infinity) return;
    if (this.#finish.length > 0) this.#virtual += (untilNs - this.#nowNs) / this.#finish.length;
    this.#nowNs = untilNs;
  }

  #push(finish: number, arrival: number): void {
    let index = this.#finish.length;
    this.#finish.push(finish);
    this.#arrival.push(arrival);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#finish[parent] <= finish) break;
      this.#finish[index] = this.#finish[parent];
      this.#arrival[index] = this.#arrival[parent];
      index = parent;
    }
    this.#finish[index] = finish;
    this.#arrival[index] = arrival;
  }

  #pop(): void {
    const finish = this.#finish.pop()!;
    const arrival = this.#arrival.pop()!;
    const size = this.#finish.length;
    if (size === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#finish[child + 1] < this.#finish[child]) child += 1;
      if (this.#finish[child] >= finish) break;
      this.#finish[index] = this.#finish[child];
      this.#arrival[index] = this.#arrival[child];
      index = child;
    }
    this.#finish[index] = finish;
    this.#arrival[index] = arrival;
  }
}

/** Mean waits in units of the mean service time. */
export const theory = {
  /** Pollaczek–Khinchine with a constant service time. */
  md1Wait: (load: number): number => load / (2 * (1 - load)),
  mm1Wait: (load: number): number => load / (1 - load),
  /** Erlang C. */
  mmcWait: (load: number, servers: number): number => {
    const offered = load * servers;
    let term = 1;
    let sum = 1;
    for (let k = 1; k < servers; k += 1) {
      term *= offered / k;
      sum += term;
    }
    const last = (term * offered) / servers / (1 - load);
    return last / (sum + last) / (servers * (1 - load));
  },
  /** Sojourn under processor sharing, whatever the distribution of the service times. */
  psSojourn: (load: number): number => 1 / (1 - load),
};

/** Mean and half-width of its 95 % interval by batch means, as the values come. */
export class BatchMeans {
  readonly #batchSize: number;
  readonly #means: number[] = [];
  #sum = 0;
  #count = 0;

  /** @param values how many will come; they are cut into 40 batches. */
  constructor(values: number) {
    this.#batchSize = Math.floor(values / BATCHES);
  }

  add(value: number): void {
    this.#sum += value;
    this.#count += 1;
    if (this.#count < this.#batchSize) return;
    if (this.#means.length < BATCHES) this.#means.push(this.#sum / this.#count);
    this.#sum = 0;
    this.#count = 0;
  }

  interval(): { mean: number; halfWidth: number } {
    const n = this.#means.length;
    const mean = this.#means.reduce((sum, value) => sum + value, 0) / n;
    const variance = this.#means.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (n - 1);
    return { mean, halfWidth: T_QUANTILE * Math.sqrt(variance / n) };
  }
}

const BATCHES = 40;
/** Student's t, 97.5 %, 39 degrees of freedom. */
const T_QUANTILE = 2.0227;

export type Uniform = () => number;

/** Uniform numbers in (0, 1), 32 bits each (mulberry32): tens of millions are drawn, and speed is what matters here. */
export function uniforms(seed: number): Uniform {
  let state = Math.imul(Math.round(seed), 0x9e3779b1) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
}
