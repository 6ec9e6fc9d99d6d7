import { describe, expect, it } from 'vitest';
import type { ResolvedConfig } from '../../experiments/config/trial-fields.ts';
import type { TrialModule } from '../../experiments/engines/engine.ts';
import { executeTrial } from '../../experiments/engines/execute-trial.ts';
import { planTrials } from '../../experiments/plan.ts';
import type { TrialResult } from '../../experiments/results/trial-result.ts';
import { decodeQueries } from '../../experiments/writer/query-file.ts';
import { study } from './config/study-source.ts';
import * as fake from './fake-trial.ts';

const [trial] = planTrials(study('name: a\nsystems: [p2p]\nseeds: 1\nmeasure: {requests: 5}'));
const task = { key: trial.key, config: trial.config };

/** A module whose result is the stand-in's with some parts replaced. */
function giving(parts: Partial<TrialResult>): TrialModule {
  return { runTrial: (config, key, options) => ({ ...fake.runTrial(config as ResolvedConfig, key, options), ...parts }) };
}

describe('running one trial', () => {
  it('drops metrics that do not apply and keeps the order of the registry', () => {
    const { outcome } = executeTrial(giving({ metrics: { hitRate: 1, prefetchAccuracy: Number.NaN, ttftMeanMs: 3 } }), task);
    expect(Object.entries(outcome.metrics)).toEqual([
      ['ttftMeanMs', 3],
      ['hitRate', 1],
    ]);
  });

  it('hands the queries over whole', () => {
    const { queries, queryRows } = executeTrial(fake, task);
    const table = decodeQueries(queries!)!;
    expect(queryRows).toBe(5);
    expect(table['request']).toEqual(Int32Array.of(0, 1, 2, 3, 4));
    expect(table['ttftNs']).toHaveLength(5);
  });

  it('refuses a result that breaks the contract', () => {
    const { queries } = fake.runTrial(trial.config, trial.key);
    const without = Object.fromEntries(Object.entries(queries!).filter(([name]) => name !== 'hops'));
    expect(() => executeTrial(giving({ metrics: { ttftMeen: 3 } }), task)).toThrow('the metric ttftMeen is not in the registry');
    expect(() => executeTrial(giving({ queries: without }), task)).toThrow('the query column hops is missing');
    expect(() => executeTrial(giving({ queries: { ...queries, extra: new Float64Array(5) } }), task)).toThrow('the query column extra is not in the registry');
    expect(() => executeTrial(giving({ queries: { ...queries, hops: new Float64Array(5) } }), task)).toThrow('has type float64; expected int32');
    expect(() => executeTrial(giving({ queries: { ...queries, hops: new Int32Array(4) } }), task)).toThrow('has 4 rows; expected 5');
    expect(() => executeTrial(giving({ series: { a: { timeS: [0], value: [] } } }), task)).toThrow('the series a has 1 times and 0 values');
    expect(() => executeTrial(giving({ series: { a: { timeS: [0], value: [Number.NaN] } } }), task)).toThrow('not finite');
  });

  it('gives the same outcome with tracing, and a trace', () => {
    const plain = executeTrial(fake, task);
    const traced = executeTrial(fake, { ...task, trace: true });
    expect(traced.outcome).toEqual(plain.outcome);
    expect(JSON.parse(traced.trace!)).toHaveProperty('traceEvents');
  });

  it('lets a trial read nothing that its system is not listed to read', () => {
    const curious: TrialModule = { runTrial: (config, key) => ({ ...fake.runTrial(config as ResolvedConfig, key), digest: String((config as ResolvedConfig).cluster.central.scale) }) };
    expect(() => executeTrial(curious, task)).toThrow('the system p2p reads the config key cluster.central');
  });
});
