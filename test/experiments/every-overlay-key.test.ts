/**
 * No dead options in studies of the overlay protocols: for each config key there is a situation in which changing it
 * changes what a trial finds. A key without an entry here fails the test, so a new key brings its own proof.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyPaths } from '../../experiments/config/field.ts';
import { OVERLAY_STUDY_FIELDS } from '../../experiments/config/overlay-study-fields.ts';
import { executeTrial } from '../../experiments/engines/execute-trial.ts';
import { planTrials } from '../../experiments/plan.ts';
import * as simulation from '../../experiments/simulation.ts';
import { overlayStudy } from './config/study-source.ts';
import { PROTOCOL_CHANGES } from './protocol-changes.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A value unlike the default, and the situation in which it matters. */
interface Change {
  readonly to: string;
  readonly given?: readonly string[];
  readonly system?: 'chord' | 'kademlia' | 'pastry';
}

const BASE = `name: base
study: overlay
seeds: 1
nodes: 30
lookups: {count: 60, rate: 30/s}
`;

const CHURN = 'churn={kind: exponential, session: 20s, absence: 10s, warmup: 1s}';
const CLOSED = 'lookups.rate=none';
const TRACE = 'churn={kind: trace, file: TRACE_FILE, warmup: 1s}';

/** The situations of `protocol-changes.ts` as overlay studies have them. */
const SITUATIONS: Readonly<Record<string, readonly string[]>> = {
  lossy: ['network.loss=0.3'],
  crashes: ['failures.crash=0.3'],
  returns: ['churn={kind: exponential, session: 5s, absence: 2s, warmup: 1s}'],
  joined: ['start=join'],
  zones: ['network.zones=4'],
  few: ['failures.crash=0.3'],
  'stored back': [],
  'long joined': ['start=join'],
  values: ['values=20', 'lookups.count=300'],
};

function protocolChanges(): Record<string, Change> {
  const changes = Object.entries(PROTOCOL_CHANGES).flatMap(([protocol, keys]) =>
    Object.entries(keys).map(([key, { to, given }]): [string, Change] => {
      const own = (each: string): string => `${protocol}.${each}`;
      return [own(key), { to, given: given.flatMap((each) => SITUATIONS[each] ?? [own(each)]), system: protocol as keyof typeof PROTOCOL_CHANGES }];
    }),
  );
  return Object.fromEntries(changes);
}

const CHANGES: Readonly<Record<string, Change>> = {
  nodes: { to: '31' },
  idBits: { to: '32' },
  start: { to: 'join' },
  'join.interval': { to: '100ms', given: ['start=join'] },
  'join.settle': { to: '1min', given: ['start=join'] },
  'network.latency': { to: '10ms' },
  'network.jitter': { to: '5ms' },
  'network.zones': { to: '2' },
  'network.interZoneLatency': { to: '5ms', given: ['network.zones=2'] },
  'network.link': { to: '100kbps' },
  'network.loss': { to: '0.2' },
  'failures.leave': { to: '0.2' },
  'failures.crash': { to: '0.2' },
  'failures.settle': { to: '30s', given: ['failures.crash=0.2'] },
  'churn.kind': { to: 'exponential', given: ['lookups.count=600'] },
  'churn.session': { to: '40s', given: [CHURN] },
  'churn.absence': { to: '20s', given: [CHURN] },
  'churn.crashShare': { to: '1', given: [CHURN] },
  'churn.warmup': { to: '2s', given: [CHURN] },
  'churn.shape': { to: '3', given: [CHURN, 'churn.kind=pareto'] },
  'churn.file': { to: 'OTHER_FILE', given: [TRACE] },
  'lookups.count': { to: '50' },
  'lookups.concurrent': { to: '5', given: [CLOSED] },
  'lookups.rate': { to: '60/s' },
  'lookups.hop': { to: 'owner', system: 'chord' },
  balanceKeys: { to: '100' },
  values: { to: '5', system: 'kademlia' },
  pace: { to: '10', given: ['lookups.count=300'] },
  redundancy: { to: '2', given: ['failures.crash=0.2'] },
  ...protocolChanges(),
};

/** What a trial found, or that it failed; as text. */
function outcome(system: string, settings: readonly string[]): string {
  const [trial] = planTrials(overlayStudy(BASE, `systems=[${system}]`, ...settings));
  try {
    const { digest, metrics, flags } = executeTrial(simulation, { key: trial.key, config: trial.config }).outcome;
    return JSON.stringify({ digest, metrics, flags });
  } catch (error) {
    return `fails: ${(error as Error).message}`;
  }
}

/** Thirty nodes that are there from the start, some of which come and go. */
function traceFile(periodS: number): string {
  const file = join(temporaryFolder(), 'sessions.csv');
  const line = (node: number): string => (node % 3 === 0 ? `${node},0,${periodS + node / 10},crash\n${node},${2 * periodS + node},1000` : `${node},0,1000`);
  writeFileSync(file, `node,join,end,kind\n${Array.from({ length: 30 }, (_, i) => line(i)).join('\n')}\n`);
  return file;
}

describe('every config key of an overlay study changes something', () => {
  const leaves = keyPaths(OVERLAY_STUDY_FIELDS).filter((path, _, all) => !all.some((other) => other.startsWith(`${path}.`)));

  it('has an entry for each key', () => {
    expect(Object.keys(CHANGES).sort()).toEqual([...leaves].sort());
  });

  it.each(Object.entries(CHANGES))('%s', (path, { to, given = [], system = 'chord' }) => {
    const withFiles = (text: string): string => text.replace('TRACE_FILE', traceFile(1)).replace('OTHER_FILE', traceFile(1.5));
    const settings = given.map(withFiles);
    const before = outcome(system, settings);
    expect(before).not.toMatch(/^fails/);
    expect(outcome(system, [...settings, `${path}=${withFiles(to)}`])).not.toBe(before);
  });
});
