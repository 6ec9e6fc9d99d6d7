import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { keyPaths } from '../../../experiments/config/field.ts';
import { TRIAL_FIELDS } from '../../../experiments/config/trial-fields.ts';
import { planTrials, runsOf } from '../../../experiments/plan.ts';
import { refusal, study } from './study-source.ts';

describe('a config', () => {
  it('needs nothing but a name: the defaults are the fair comparison', () => {
    const { cells, systems, seeds } = study('name: a');
    expect(systems).toEqual(['no-reuse', 'central-disk', 'central-memory', 'p2p']);
    expect(seeds).toEqual(['1', '2', '3', '4', '5']);
    expect(cells).toHaveLength(1);
    const { cluster, network, measure, workload } = cells[0].config;
    expect(cluster).toMatchObject({ nodes: 20, gpu: 'A100-80GB', model: 'Llama-2-7B' });
    expect(cluster.ssd).toMatchObject({ capacityBytes: 5e11, readBytesPerSecond: 3.5e9 });
    expect(network).toMatchObject({ upBps: 4e10, downBps: 4e10, connectionCapBps: null });
    expect(measure).toMatchObject({ warmup: 100, requests: 1000 });
    expect(workload).toMatchObject({ kind: 'rag', chunkTokens: 512, topK: 5 });
  });

  it('is frozen all the way down', () => {
    const { config } = study('name: a').cells[0];
    expect(() => {
      (config.cluster.ssd as { latencyNs: number }).latencyNs = 1;
    }).toThrow(TypeError);
  });

  it.each([
    ['nam: a', "c.yaml:1:1: nam: unknown key (and 1 more); did you mean name?"],
    ['name: a\nnetwrk: {}', 'c.yaml:2:1: netwrk: unknown key; did you mean network?'],
    ['name: a\nnetwork:\n  upp: 1Gbps', 'c.yaml:3:3: network.upp: unknown key; did you mean network.up?'],
    ['name: a\nnetwork:\n  up: 40', 'c.yaml:3:3: network.up: 40: a plain number has no unit; expected a bit rate such as 40Gbps'],
    ['name: a\nnetwork: {up: 0bps}', 'c.yaml:2:11: network.up: "0bps": must be more than 0; expected a bit rate such as 40Gbps'],
    ['name: a\ncluster: {memory: -3GiB}', 'c.yaml:2:11: cluster.memory: "-3GiB": must not be negative; expected a size such as 80GiB'],
    ['name: a\ncluster: {memory: 3Gbps}', 'c.yaml:2:11: cluster.memory: "3Gbps": Gbps is a unit of bit rate; expected a size such as 80GiB'],
    ['name: a\ncluster: {nodes: 0}', 'c.yaml:2:11: cluster.nodes: 0: expected a whole number from 1 to 1000000'],
    ['name: a\ncluster: {nodes: 2.5}', 'c.yaml:2:11: cluster.nodes: 2.5: expected a whole number from 1 to 1000000'],
    ['name: a\nsystems: [p2p, centraldisk]', 'did you mean central-disk?'],
    ['name: a\nsystems: []', 'c.yaml:2:1: systems: []: expected a list of at least one of'],
    ['name: a\nsystems: [p2p, p2p]', 'names p2p twice'],
    ['name: a\nseeds: 0', 'c.yaml:2:1: seeds: 0: expected a count from 1 to 10000'],
    ['name: a\nseeds: [1, 1]', 'names seed 1 twice'],
    ['name: ../a', 'c.yaml:1:1: name: "../a": expected a name of letters'],
    ['name: a\nquestion: "\\e[31mred"', 'without control characters'],
    ['seeds: 2', 'c.yaml: name: is missing; expected a name of letters'],
    ['name: a\ncluster: 5', 'c.yaml:2:1: cluster: 5: expected a section with the keys nodes'],
    ['name: a\nworkload: {kind: trac}', 'c.yaml:2:12: workload.kind: "trac": expected rag or prefix or text or dataset or trace; did you mean trace?'],
    ['name: a\nworkload: {kind: trace, zipf: 1}', 'c.yaml:2:25: workload.zipf: unknown key'],
    ['name: a\nfaults: [{at: 1s}]', 'fault 1 has no kind; expected one of crash, leave'],
    ['name: a\nfaults: [{at: 1s, crash: [99]}]', 'nodes are 0 to 19'],
    ['name: a\noverlay: {idBits: 16}\ncluster: {nodes: 20000}', 'c.yaml:3:11: cluster.nodes: 20000: 20000 identifiers in a space of 16 bits'],
    ['name: a\nworkload: {chunks: 3}', 'more than the 3 chunks'],
    ['name: a\nworkload: {kind: trace, file: generated:moncake}', 'did you mean generated:mooncake?'],
    ['name: a\nworkload: {kind: trace, window: {from: 2s, to: 1s}}', 'ends before it begins'],
    ['name: a\nserving: {tokenBudget: 8}', 'less than serving.maxSequences'],
  ])('%j is refused', (yaml, line) => {
    expect(refusal(yaml)).toContain(line);
  });

  it('counts further complaints after the first in the file', () => {
    expect(refusal('name: a\nnetwork: {up: 1}\ncluster: {nodes: 0}')).toBe(
      'c.yaml:2:11: network.up: 1: a plain number has no unit; expected a bit rate such as 40Gbps (and 1 more)',
    );
  });
});

describe('a sweep', () => {
  it('has a cell for each combination, in stated order, the last key fastest', () => {
    const { cells } = study('name: a\nsweep:\n  placement.replicas: [3, 2]\n  network.up: [10Gbps, 40Gbps]');
    expect(cells.map(({ cell }) => cell)).toEqual([
      { 'placement.replicas': 3, 'network.up': '10Gbps' },
      { 'placement.replicas': 3, 'network.up': '40Gbps' },
      { 'placement.replicas': 2, 'network.up': '10Gbps' },
      { 'placement.replicas': 2, 'network.up': '40Gbps' },
    ]);
    expect(cells.map(({ config }) => [config.placement.replicas, config.network.upBps])).toEqual([
      [3, 1e10],
      [3, 4e10],
      [2, 1e10],
      [2, 4e10],
    ]);
  });

  it('takes sections as values, laid over the section that stands there', () => {
    const { cells } = study('name: a\nnetwork: {jitter: 1ms}\nsweep:\n  network: [{up: 10Gbps, down: 20Gbps}, {up: 40Gbps}]');
    expect(cells.map(({ cell }) => cell['network'])).toEqual(['{up: 10Gbps, down: 20Gbps}', '{up: 40Gbps}']);
    expect(cells[0].config.network).toMatchObject({ upBps: 1e10, downBps: 2e10, jitterNs: 1e6 });
    expect(cells[1].config.network).toMatchObject({ upBps: 4e10, downBps: 4e10, jitterNs: 1e6 });
  });

  it('takes a section with a kind in place of the whole', () => {
    const { cells } = study('name: a\nworkload: {zipf: 0.5}\nsweep:\n  workload: [{kind: rag, rate: 1/s}, {kind: trace, requests: 50}]');
    expect(cells[0].config.workload).toMatchObject({ kind: 'rag', ratePerSecond: 1, zipf: 1 });
    expect(cells[1].config.workload).toMatchObject({ kind: 'trace', requests: 50 });
  });

  it('sweeps kinds and lists', () => {
    expect(study('name: a\nworkload: {rate: 3/s}\nsweep: {workload.kind: [rag, trace]}').cells.map(({ config }) => config.workload.kind)).toEqual(['rag', 'trace']);
    const { cells } = study('name: a\nsweep: {faults: [[], [{at: 1s, crash: [0]}]]}');
    expect(cells.map(({ cell }) => cell['faults'])).toEqual(['[]', '[{at: 1s, crash: [0]}]']);
  });

  it.each([
    ['placement.replicas: []', 'c.yaml:3:3: sweep.placement.replicas: the list is empty'],
    ['placement.replicas: 3', 'expected a list of values'],
    ['placement.replcas: [1]', 'c.yaml:3:3: sweep.placement.replcas: unknown key; did you mean placement.replicas?'],
    ['replicas: [1]', 'did you mean placement.replicas?'],
    ['seeds: [1]', 'seeds cannot be swept'],
    ['placement.replicas: [2, 0]', 'c.yaml:3:27: placement.replicas: 0: expected a whole number'],
    ['prefetch.threshold: [10ms, 0.01s]', 'c.yaml:3:30: sweep.prefetch.threshold: names 10ms twice'],
    ['network.up: [40]', 'c.yaml:3:16: network.up: 40: a plain number has no unit'],
    ['network: [{dwn: 1Gbps}]', 'did you mean network.down?'],
    ['network.up: [1Gbps]\n  network: [{up: 1Gbps}]', 'lies inside network, which is swept too'],
    ['workload.rateScale: [1]', 'not a key of this kind of workload'],
    ['cluster.nodes: [5, 20000]\n  overlay.idBits: [64, 16]', 'c.yaml:3:3: cluster.nodes: 20000'],
  ])('%s is refused', (sweep, line) => {
    expect(refusal(`name: a\nsweep:\n  ${sweep}`)).toContain(line);
  });

  it('is refused when its combinations run into the hundred thousands', () => {
    const counts = Array.from({ length: 47 }, (_, i) => i + 1).join(', ');
    const sweep = ['placement.replicas', 'cluster.nodes', 'fetch.sources'].map((key) => `  ${key}: [${counts}]`).join('\n');
    expect(refusal(`name: a\nsweep:\n${sweep}`)).toContain('103823 cells; at most 100000');
  });
});

describe('the resolved config', () => {
  const full = 'name: a\nsystems: [p2p]\nseeds: [7, x]\nfaults: [{at: 1s, crash: [1, 2], for: 3s}]\nworkload: {kind: trace, window: {to: 1h}}\nnetwork: {up: 25Gbps, connectionCap: 515.91MiB/s}\nsweep: {network: [{up: 1Gbps}, {jitter: 10us}], prefetch.threshold: [none, 10ms]}';

  it('says every key, and reads back to the same study', () => {
    const before = study(full);
    const after = study(stringify(before.canonical));
    expect(after).toEqual(before);
    const stated = keyPaths(TRIAL_FIELDS).filter((path) => !path.startsWith('workload.'));
    for (const path of stated) {
      const value = path.split('.').reduce<unknown>((here, part) => (here as Record<string, unknown>)[part], before.canonical);
      expect(value, path).toBeDefined();
    }
  });

  it('has a hash that does not depend on how or in what order the config is written', () => {
    const { hash } = study('name: a\nnetwork: {up: 10Gbps, latency: 1ms}\nseeds: 3');
    expect(study('seeds: [1, 2, 3]\nnetwork:\n  latency: 0.001s\n  up: 1.25GB/s\nname: a').hash).toBe(hash);
    expect(study('name: a\nnetwork: {up: 10Gbps, latency: 2ms}\nseeds: 3').hash).not.toBe(hash);
  });

  it('round-trips for random values of quantities and counts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 50 }), fc.integer({ min: 0, max: 2 ** 50 }), fc.integer({ min: 1, max: 60 }), (rate, size, replicas) => {
        const before = study(`name: a\nnetwork: {up: ${rate}bps}\ncluster: {memory: ${size}B}\nplacement: {replicas: ${replicas}}`);
        expect(study(stringify(before.canonical)).cells).toEqual(before.cells);
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  it('sweeps one key at a time around its own values, which it adds where a list lacks them', () => {
    const { cells, sweep, canonical } = study('name: a\ndesign: one-at-a-time\nplacement: {replicas: 3}\nsweep: {placement.replicas: [2, 3, 4], prefetch.threshold: [10ms, 50ms]}');
    expect(sweep.map(({ values }) => values)).toEqual([[2, 3, 4], ['none', '10ms', '50ms']]);
    expect(cells.map(({ cell }) => Object.values(cell))).toEqual([[3, 'none'], [2, 'none'], [4, 'none'], [3, '10ms'], [3, '50ms']]);
    expect(cells.map(({ config }) => [config.placement.replicas, config.prefetch.thresholdNs])).toEqual([[3, null], [2, null], [4, null], [3, 10e6], [3, 50e6]]);
    const again = study(stringify(canonical));
    expect([again.hash, again.cells.map(({ cell }) => cell)]).toEqual([study(stringify(again.canonical)).hash, cells.map(({ cell }) => cell)]);
    expect(study('name: a\ndesign: one-at-a-time').cells).toHaveLength(1);
    expect(study('name: a\ndesign: one-at-a-time\nsweep: {network: [{up: 10Gbps}, {up: 40Gbps}]}').cells.map(({ cell }) => cell['network'])).toEqual(['{up: 40Gbps}', '{up: 10Gbps}']);
  });

  it('plans the research plan: 14 cells one at a time, 432 as a factorial, in which baselines run once where they read no key', () => {
    const yaml = readFileSync('configs/paper.yaml', 'utf8');
    expect(study(yaml).cells).toHaveLength(14);
    const factorial = study(yaml, 'design=factorial', 'seeds=1');
    expect(factorial.cells).toHaveLength(4 * 3 * 4 * 3 * 3);
    const runs = runsOf(planTrials(factorial));
    const count = (system: string): number => runs.filter(({ key }) => key.system === system).length;
    // Nothing but nodes; nodes, threshold and compression; everything, but 5 sources on 5 nodes are 10.
    expect(['no-reuse', 'central-disk', 'central-memory', 'p2p'].map(count)).toEqual([4, 36, 36, 432 - 27]);
  });
});
