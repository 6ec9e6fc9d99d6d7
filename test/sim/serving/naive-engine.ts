/**
 * The scheduling rules of the engine written down the slow way: every sequence is looked at in every step, every counter is
 * worked out anew. Tests hold the engine against it, step for step.
 */
import type { CostModel } from '../../../sim/hardware/cost-model.ts';
import type { StepShape } from '../../../sim/hardware/step-shape.ts';

export interface NaiveRequest {
  readonly arrivalNs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

export interface NaiveOptions {
  readonly tokenBudget: number;
  readonly maxSequences: number;
  readonly kvBlocks: number;
  readonly blockTokens: number;
  readonly asyncScheduling: boolean;
}

export interface NaiveStep {
  readonly startNs: number;
  readonly shape: StepShape;
}

export interface NaiveResult {
  readonly steps: NaiveStep[];
  readonly firstScheduledNs: number[];
  readonly firstTokenNs: number[];
  readonly finishedNs: number[];
  readonly preemptions: number[];
}

interface State {
  readonly index: number;
  readonly request: NaiveRequest;
  /** KV tokens in memory, tokens still to prefill, tokens generated. */
  resident: number;
  toPrefill: number;
  generated: number;
  blocks: number;
  prefilledInStep: number;
}

export function runNaively(requests: readonly NaiveRequest[], options: NaiveOptions, costs: CostModel): NaiveResult {
  const result: NaiveResult = {
    steps: [],
    firstScheduledNs: requests.map(() => -1),
    firstTokenNs: requests.map(() => -1),
    finishedNs: requests.map(() => -1),
    preemptions: requests.map(() => 0),
  };
  const order = requests.map((request, index) => ({ request, index })).sort((a, b) => a.request.arrivalNs - b.request.arrivalNs || a.index - b.index);
  const states = order.map(({ request, index }): State => ({ index, request, resident: 0, toPrefill: 0, generated: 0, blocks: 0, prefilledInStep: 0 }));
  let arrived = 0;
  const waiting: State[] = [];
  let running: State[] = [];
  let zombies: State[] = [];
  let now = 0;
  let stepStart = 0;
  let justStepped = false;

  const blocksFor = (tokens: number): number => Math.ceil(tokens / options.blockTokens);
  const used = (): number => [...running, ...zombies].reduce((sum, state) => sum + state.blocks, 0);
  const place = (state: State): number => states.indexOf(state);
  const receive = (untilNs: number): void => {
    while (arrived < states.length && states[arrived].request.arrivalNs <= untilNs) waiting.push(states[arrived++]);
    waiting.sort((a, b) => place(a) - place(b));
  };

  const plan = (): StepShape | undefined => {
    let preempted = false;
    const decodes = (): State[] => running.filter((state) => state.toPrefill === 0);
    const missing = (): number => decodes().reduce((sum, state) => sum + blocksFor(state.resident + 1) - state.blocks, 0);
    while (decodes().length > 0 && used() + missing() > options.kvBlocks) {
      if (zombies.length > 0) {
        zombies = [];
        continue;
      }
      const victim = running.pop()!;
      victim.blocks = 0;
      victim.resident = 0;
      victim.toPrefill = 0;
      result.preemptions[victim.index] += 1;
      waiting.push(victim);
      waiting.sort((a, b) => place(a) - place(b));
      preempted = true;
    }
    for (const state of decodes()) state.blocks = blocksFor(state.resident + 1);
    const decoding = decodes();
    let budget = options.tokenBudget - decoding.length;
    const prefill: { newTokens: number; contextTokens: number }[] = [];
    const chunk = (state: State): void => {
      const tokens = Math.min(budget, state.toPrefill);
      if (tokens === 0) return;
      prefill.push({ newTokens: tokens, contextTokens: state.resident });
      state.prefilledInStep = tokens;
      budget -= tokens;
      if (result.firstScheduledNs[state.index] === -1) result.firstScheduledNs[state.index] = now;
    };
    for (const state of running) if (state.toPrefill > 0) chunk(state);
    while (!preempted && waiting.length > 0 && budget > 0 && running.length + zombies.length < options.maxSequences) {
      const state = waiting[0];
      const need = blocksFor(state.request.promptTokens + state.generated);
      if (used() + need > options.kvBlocks) break;
      waiting.shift();
      state.blocks = need;
      state.toPrefill = state.request.promptTokens + state.generated;
      running.push(state);
      chunk(state);
    }
    if (decoding.length === 0 && prefill.length === 0) return undefined;
    return { prefill, decodeSequences: decoding.length, decodeContextTokens: decoding.reduce((sum, state) => sum + state.resident, 0) };
  };

  for (;;) {
    const lookback = options.asyncScheduling && justStepped;
    receive(lookback ? stepStart : now);
    let shape = plan();
    zombies = [];
    if (shape === undefined && justStepped) {
      receive(now);
      shape = plan();
    }
    justStepped = false;
    if (shape === undefined) {
      if (arrived === states.length) return result;
      now = Math.max(now, states[arrived].request.arrivalNs);
      continue;
    }
    result.steps.push({ startNs: now, shape });
    const decoding = new Set(running.filter((state) => state.toPrefill === 0));
    stepStart = now;
    now += costs.stepNs(shape);
    justStepped = true;
    const finished: State[] = [];
    for (const state of decoding) {
      state.resident += 1;
      state.generated += 1;
      if (state.generated === state.request.outputTokens) finished.push(state);
    }
    for (const state of running) {
      if (state.prefilledInStep === 0) continue;
      state.resident += state.prefilledInStep;
      state.toPrefill -= state.prefilledInStep;
      state.prefilledInStep = 0;
      if (state.toPrefill > 0) continue;
      state.generated += 1;
      if (result.firstTokenNs[state.index] === -1) result.firstTokenNs[state.index] = now;
      if (state.generated === state.request.outputTokens) finished.push(state);
    }
    for (const state of finished) result.finishedNs[state.index] = now;
    running = running.filter((state) => !finished.includes(state));
    if (options.asyncScheduling) zombies = finished;
  }
}
