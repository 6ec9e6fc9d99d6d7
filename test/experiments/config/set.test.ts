import { describe, expect, it } from 'vitest';
import { parseSeeds } from '../../../experiments/config/set.ts';
import { refusal, study } from './study-source.ts';

describe('--set', () => {
  it('sets keys, sections, lists and swept keys; later ones win', () => {
    expect(study('name: a', 'network.up=1Gbps', 'network.up=2Gbps').cells[0].config.network.upBps).toBe(2e9);
    expect(study('name: a\nnetwork: {jitter: 1ms}', 'network={up: 1Gbps}').cells[0].config.network).toMatchObject({ upBps: 1e9, jitterNs: 1e6 });
    expect(study('name: a', 'systems=[p2p]').systems).toEqual(['p2p']);
    expect(study('name: a', 'sweep.placement.replicas=[2, 4]').cells).toHaveLength(2);
    expect(study('name: a\nsweep: {placement.replicas: [2, 4]}', 'sweep={}').cells).toHaveLength(1);
  });

  it('drops the keys of another kind when it sets a kind', () => {
    const { config } = study('name: a\nworkload: {kind: rag, zipf: 1.2}', 'workload.kind=trace', 'workload.requests=9').cells[0];
    expect(config.workload).toMatchObject({ kind: 'trace', requests: 9 });
  });

  it('changes the hash as the same change in the file would', () => {
    expect(study('name: a', 'network.up=1Gbps').hash).toBe(study('name: a\nnetwork: {up: 1Gbps}').hash);
  });

  it.each([
    ['network.upp=1Gbps', '--set network.upp=1Gbps: unknown key network.upp; did you mean network.up?'],
    ['network.up=40', '--set network.up=40: network.up: 40: a plain number has no unit'],
    ['network.up', 'expected key=value'],
    ['=1', 'expected key=value'],
    ['network.up=', 'no value after the ='],
    ['__proto__.x=1', '__proto__ is not allowed as a key'],
    ['network.__proto__.x=1', '__proto__ is not allowed as a key'],
    ['constructor.prototype.x=1', 'constructor is not allowed as a key'],
    ['network={__proto__: {x: 1}}', '__proto__ is not allowed as a key'],
    ['sweep.placement.replcas=[1]', 'did you mean sweep.placement.replicas?'],
    ['sweep.placement.replicas=[]', 'the list is empty'],
    ['network=[', 'Flow sequence'],
    ['toString=1', 'unknown key toString'],
  ])('%s is refused', (setting, line) => {
    expect(refusal('name: a', setting)).toContain(line);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('refuses to set what a sweep sets anyway', () => {
    expect(refusal('name: a\nsweep: {placement.replicas: [2]}', 'placement.replicas=3')).toContain('placement.replicas is swept, so this would change nothing');
  });
});

describe('--seeds', () => {
  it('is a count or a list', () => {
    expect(parseSeeds('5')).toBe(5);
    expect(parseSeeds('1,2, x')).toEqual([1, 2, 'x']);
    expect(parseSeeds('abc')).toEqual(['abc']);
    expect(() => parseSeeds('1,,2')).toThrow('expected a count');
  });
});
