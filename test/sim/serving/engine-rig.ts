/** An engine whose costs are linear, so that tests can work out its times by hand. */
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { InferenceEngine, Sequence, type EngineHooks, type EngineOptions } from '../../../sim/serving/engine.ts';
import type { Request } from '../../../sim/serving/request.ts';
import { LinearCost } from './linear-cost.ts';

let nextId = 0;

export function request(fields: Partial<Request> = {}): Request {
  return { id: nextId++, arrivalNs: 0, units: [], reuse: 'chunk', suffixTokens: 10, outputTokens: 1, ...fields };
}

export function rig(options: Partial<EngineOptions> = {}, hooks: EngineHooks = {}, rates = { fixed: 0, token: 10, decode: 1, context: 0 }) {
  const simulator = new Simulator({ digest: false });
  const costs = new LinearCost(rates);
  const engine = new InferenceEngine(simulator, 'engine', costs, { kvBlocks: 1000, blockTokens: 4, tokenBudget: 100, maxSequences: 8, ...options }, hooks);
  const submit = (fields: Partial<Request> = {}, atNs = 0): Sequence => {
    const sequence = new Sequence(request({ ...fields, arrivalNs: atNs }));
    if (atNs === simulator.now) engine.submit(sequence);
    else simulator.scheduleAt(atNs, () => { engine.submit(sequence); });
    return sequence;
  };
  return { simulator, costs, engine, submit };
}
