import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkInputs } from '../../experiments/inputs.ts';
import { executeTrial } from '../../experiments/engines/execute-trial.ts';
import type { TrialOutcome } from '../../experiments/engines/engine.ts';
import { planTrials, runsOf } from '../../experiments/plan.ts';
import * as simulation from '../../experiments/simulation.ts';
import { overlayStudy, refusal } from './config/study-source.ts';
import { temporaryFolder } from './temporary-folder.ts';

const BASE = 'name: o\nstudy: overlay\nseeds: 1\n';

function outcome(system: string, ...settings: string[]): TrialOutcome {
  const [trial] = planTrials(overlayStudy(BASE, `systems=[${system}]`, ...settings));
  return executeTrial(simulation, { key: trial.key, config: trial.config }).outcome;
}

const PROTOCOLS = ['chord', 'kademlia', 'pastry'] as const;

describe('a trial of an overlay study', () => {
  it.each(PROTOCOLS)('%s finds every owner at rest, among 1, 2, 3 and 100 nodes', (protocol) => {
    for (const nodes of [1, 2, 3, 100]) {
      const { metrics } = outcome(protocol, `nodes=${nodes}`, 'lookups.count=200');
      expect(metrics, `${nodes} nodes`).toMatchObject({ correctShare: 1, failedShare: 0, imperfectOverlays: 0, timeoutsPerLookup: 0, lookupsMeasured: 200 });
      if (nodes === 1) expect(metrics).toMatchObject({ hopsMean: 0, messagesPerLookup: 0, lookupP99Ms: 0 });
    }
  });

  it('takes about ½ log₂ N hops in Chord by fingers alone', () => {
    // Fig. 10a of the paper has 3.881 at 256 nodes; a ring of this size scatters by 0.06, 1 000 lookups add 0.05.
    const { metrics, histograms } = outcome('chord', 'nodes=256', 'lookups.count=1000', 'chord={successors: 3, checkOwner: false}');
    expect(Math.abs(metrics['hopsMean'] - 3.881)).toBeLessThan(0.25);
    const { counts } = histograms!['hops'];
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1000);
    expect(counts.reduce((sum, count, hops) => sum + count * hops, 0) / 1000).toBeCloseTo(metrics['hopsMean'], 12);
  });

  it('counts the last step to the owner where it is told to: one more hop wherever a predecessor answered', () => {
    const path = outcome('chord', 'nodes=64', 'lookups.count=500', 'chord.checkOwner=false');
    const owner = outcome('chord', 'nodes=64', 'lookups.count=500', 'chord.checkOwner=false', 'lookups.hop=owner');
    expect(owner.digest).toBe(path.digest);
    expect(owner.metrics['hopsMean'] - path.metrics['hopsMean']).toBeCloseTo(1, 12);
    const rounds = ['rounds', 'owner-rounds'].map((hop) => outcome('kademlia', 'nodes=64', 'lookups.count=500', 'kademlia.rounds=synchronous', `lookups.hop=${hop}`).metrics);
    expect(rounds[0]['hopsMean']).toBe(rounds[0]['roundsMean']);
    expect(rounds[1]['hopsMean']).toBe(rounds[0]['ownerRoundsMean']);
  });

  it('turns the same knob of each protocol with redundancy and pace', () => {
    const churn = ['nodes=40', 'lookups={count: 100, rate: 5/s}', 'failures.crash=0.2'];
    const pairs: [(typeof PROTOCOLS)[number], string][] = [
      ['chord', 'chord={successors: 4, stabilisePeriod: 10s, probePeriod: 30s}'],
      ['kademlia', 'kademlia={k: 4, refreshPeriod: 30min, republishPeriod: 30min, probePeriod: 30s}'],
      ['pastry', 'pastry={leafSet: 8, leafSetPeriod: 15s, rowPeriod: 10min, probePeriod: 30s}'],
    ];
    for (const [protocol, own] of pairs) {
      const turned = outcome(protocol, ...churn, 'redundancy=4', 'pace=2');
      expect(turned).toEqual(outcome(protocol, ...churn, own));
      expect(turned.digest).not.toBe(outcome(protocol, ...churn).digest);
    }
  });

  it('keeps the stated mean of members under churn, and the rate of changes that follows from it', () => {
    const { metrics } = outcome('chord', 'nodes=200', 'lookups={count: 600, rate: 2/s}', 'churn={kind: exponential, session: 200s, absence: 100s, crashShare: 0.5, warmup: 1min}');
    // 300 nodes present with probability 2/3: a standard deviation of 8, and joins under way are no members yet.
    expect(metrics['membersMean']).toBeGreaterThan(170);
    expect(metrics['membersMean']).toBeLessThan(225);
    // 200 / 200 s leave a second, and as many come: 2 a second over 300 s, so 600 ± 49 (two standard deviations).
    expect(metrics['changesPerSecond']).toBeGreaterThan(1.7);
    expect(metrics['changesPerSecond']).toBeLessThan(2.3);
    expect(metrics['maintenanceBytesPerNode']).toBeGreaterThan(0);
    expect(metrics['totalBytesPerNode']).toBeGreaterThan(metrics['maintenanceBytesPerNode']);
    expect(metrics['joinMessages']).toBeGreaterThan(1);
  });

  it('accepts the heaviest tails', () => {
    for (const kind of ['pareto', 'weibull']) {
      const { metrics } = outcome('chord', 'nodes=50', 'lookups={count: 50, rate: 5/s}', `churn={kind: ${kind}, session: 100d, absence: 100d, shape: ${kind === 'pareto' ? 1.01 : 0.2}, warmup: 1s}`);
      expect(metrics['lookupsMeasured']).toBeGreaterThan(0);
    }
  });

  it('finds published values again in Kademlia, and reports none elsewhere', () => {
    expect(outcome('kademlia', 'nodes=50', 'values=30', 'lookups.count=10').metrics['valuesFound']).toBe(1);
    expect(outcome('chord', 'nodes=50', 'values=30', 'lookups.count=10').metrics).not.toHaveProperty('valuesFound');
  });

  it('measures the balance of keys: exact for one member', () => {
    expect(outcome('pastry', 'nodes=1', 'balanceKeys=50', 'lookups.count=1').metrics).toMatchObject({ keyMaxOverMean: 1, keyGini: 0 });
    expect(outcome('pastry', 'nodes=50', 'balanceKeys=5000', 'lookups.count=1').metrics['keyMaxOverMean']).toBeGreaterThan(1.5);
  });

  it('follows a session trace, and says so where lookups find nobody', () => {
    const file = join(temporaryFolder(), 'sessions.csv');
    writeFileSync(file, 'node,join,end,kind\n0,0,40,leave\n1,0,40,crash\n2,10,40,leave\n');
    const churn = `churn={kind: trace, file: ${file}, warmup: 20s}`;
    const { metrics, flags } = outcome('chord', 'nodes=3', churn, 'lookups={count: 40, rate: 1/s}');
    expect(metrics['correctShare']).toBe(1);
    expect(flags['lookups not started: the overlay had no member']).toBeGreaterThan(5);
  });
});

describe('the plan of an overlay study', () => {
  it('shares runs among protocols that do not read the swept parameter', () => {
    const plan = planTrials(overlayStudy(`${BASE}sweep: {kademlia.alpha: [1, 3], pastry.leafSet: [8, 16]}`));
    expect(plan).toHaveLength(12);
    expect(runsOf(plan).map(({ key }) => key.system).sort()).toEqual(['chord', 'kademlia', 'kademlia', 'pastry', 'pastry']);
  });

  it('names its files among the inputs', async () => {
    const file = join(temporaryFolder(), 'sessions.csv');
    writeFileSync(file, '0,0,40\n');
    const inputs = await checkInputs(overlayStudy(BASE, `churn={kind: trace, file: ${file}}`, 'lookups.rate=1/s'));
    expect(inputs.map(({ path }) => path)).toEqual([file]);
  });

  it.each([
    ['0,0,40,vanish', 'sessions.csv:1: "vanish" is neither leave nor crash'],
    ['0,5,4', 'the session does not end after it begins'],
    ['7,0,40', 'names node 7; the config has 5 nodes, 0 to 4'],
    ['0,0,40\n0,30,50', 'two sessions of node 0 overlap at 30 s'],
    ['# nothing', 'there are no sessions'],
  ])('refuses the session trace %j', async (text, complaint) => {
    const file = join(temporaryFolder(), 'sessions.csv');
    writeFileSync(file, text);
    await expect(checkInputs(overlayStudy(BASE, 'nodes=5', `churn={kind: trace, file: ${file}}`, 'lookups.rate=1/s'))).rejects.toThrow(complaint);
  });
});

describe('what an overlay study refuses', () => {
  it.each([
    ['study: overlays', "study: \"overlays\": expected serving or overlay; did you mean overlay?"],
    ['study: overlay\nsystems: [p2p]', 'expected one of chord, kademlia, pastry'],
    ['study: overlay\ncluster: {nodes: 5}', 'cluster: unknown key'],
    ['systems: [chord]', 'systems[0]: "chord": expected one of'],
    ['study: overlay\nnodes: 20000\nidBits: 16', 'nodes: 20000: 20000 identifiers in a space of 16 bits'],
    ['study: overlay\nfailures: {leave: 0.5, crash: 0.5}', 'leaves nobody'],
    ['study: overlay\nchurn: {kind: exponential}', 'with churn, lookups need a rate'],
    ['study: overlay\nkademlia: {termination: no-closer}', 'needs kademlia.rounds: synchronous'],
    ['study: overlay\nkademlia: {resiliency: 21}', 'more than kademlia.k (20)'],
    ['study: overlay\npastry: {leafSet: 7}', 'expected an even number'],
    ['study: overlay\nchord: {rpcTimeout: 50ms}', 'chord.rpcTimeout: "50ms": no longer than a round trip (50ms)'],
    ['overlay: {protocol: kademlia, kademlia: {termination: no-closer}}', 'needs overlay.kademlia.rounds: synchronous'],
    ['study: overlay\npublished: [{metric: hops, system: chord, values: [1]}]', 'published[0].metric: "hops"'],
    ['study: overlay\npublished: [{metric: hopsMean, system: chord, over: node, at: [1], values: [1]}]', 'published[0].over: "node": unknown key; did you mean nodes?'],
    ['study: overlay\npublished: [{metric: hopsMean, system: chord, over: nodes, at: [1, 2], values: [1]}]', '1 numbers for 2 swept values'],
  ])('%j', (yaml, complaint) => {
    expect(refusal(`name: a\n${yaml}`)).toContain(complaint);
  });

  it('asks nothing of protocols that are not studied', () => {
    expect(() => overlayStudy(`${BASE}systems: [chord]\npastry: {rpcTimeout: 1ms}`)).not.toThrow();
  });
});
