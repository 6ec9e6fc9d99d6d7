import { describe, expect, it } from 'vitest';
import { configView, trialIdentity } from '../../experiments/config-view.ts';
import { keyPaths } from '../../experiments/config/field.ts';
import { TRIAL_FIELDS } from '../../experiments/config/trial-fields.ts';
import { effectiveConfig } from '../../experiments/effective-config.ts';
import { executeTrial } from '../../experiments/engines/execute-trial.ts';
import { planTrials, runsOf } from '../../experiments/plan.ts';
import { SYSTEM_KEYS } from '../../experiments/system-keys.ts';
import { SYSTEM_NAMES } from '../../experiments/system-names.ts';
import { study } from './config/study-source.ts';
import * as fake from './fake-trial.ts';

describe('the plan', () => {
  it('orders trials by cell, system and seed, with dense indices', () => {
    const plan = planTrials(study('name: a\nsystems: [p2p, no-reuse]\nseeds: 2\nsweep: {placement.replicas: [3, 2]}'));
    expect(plan.map(({ key }) => [key.index, key.cell['placement.replicas'], key.system, key.seed])).toEqual([
      [0, 3, 'p2p', '1'],
      [1, 3, 'p2p', '2'],
      [2, 3, 'no-reuse', '1'],
      [3, 3, 'no-reuse', '2'],
      [4, 2, 'p2p', '1'],
      [5, 2, 'p2p', '2'],
      [6, 2, 'no-reuse', '1'],
      [7, 2, 'no-reuse', '2'],
    ]);
  });

  it('shares a run among the trials of a system that reads no swept key, seed by seed', () => {
    const plan = planTrials(study('name: a\nseeds: 2\nsweep: {placement.replicas: [2, 3, 4]}'));
    expect(plan).toHaveLength(24);
    expect(runsOf(plan)).toHaveLength(2 * (3 + 3));
    for (const { key, sharedWith } of plan.filter((trial) => trial.sharedWith !== undefined)) {
      expect(key.system).not.toBe('p2p');
      expect(plan[sharedWith!].key).toMatchObject({ system: key.system, seed: key.seed, cell: { 'placement.replicas': 2 } });
    }
  });

  it('shares nothing when every system reads the swept key', () => {
    const plan = planTrials(study('name: a\nseeds: 1\nsweep: {cluster.nodes: [5, 10]}'));
    expect(runsOf(plan)).toHaveLength(plan.length);
  });

  it('runs a cell that cannot differ once, and says so: 10 sources on 5 nodes', () => {
    const plan = planTrials(study('name: a\nsystems: [p2p]\nseeds: 1\nsweep: {cluster.nodes: [5, 20], fetch.sources: [4, 5, 10]}'));
    expect(plan.map(({ sharedWith }) => sharedWith)).toEqual([undefined, 0, 0, undefined, undefined, undefined]);
    expect(plan.map(({ limits }) => limits)).toEqual([[], ['fetch.sources 5 limited to 4, the other nodes'], ['fetch.sources 10 limited to 4, the other nodes'], [], [], []]);
  });

  it('limits what a single node cannot have, and leaves the rest alone', () => {
    const { config } = effectiveConfig(study('name: a\ncluster: {nodes: 1}').cells[0].config);
    expect([config.fetch.sources, config.placement.replicas]).toEqual([1, 1]);
    const unlimited = study('name: a').cells[0].config;
    expect(effectiveConfig(unlimited).config).toBe(unlimited);
  });

  it('never changes a result by sharing', () => {
    const wide = study('name: a\nsystems: [no-reuse, local, central-disk, central-memory, p2p]\nseeds: 2\nmeasure: {requests: 20}\nsweep: {cluster.nodes: [2, 5], placement.replicas: [2, 3], fetch.sources: [1, 10], cluster.central.scale: [1, 2]}');
    const alone = planTrials(wide, { share: false });
    const shared = planTrials(wide);
    expect(runsOf(shared).length).toBeLessThan(alone.length / 2);
    const outcomes = alone.map(({ key, config }) => executeTrial(fake, { key, config }).outcome);
    for (const { key, sharedWith } of shared) {
      if (sharedWith !== undefined) expect(outcomes[key.index], `trial ${key.index}`).toEqual(outcomes[sharedWith]);
    }
  });
});

describe('a config as a system sees it', () => {
  const { config } = study('name: a').cells[0];

  it('holds the keys the system reads, unchanged, and throws on any other', () => {
    const view = configView(config, 'no-reuse', SYSTEM_KEYS['no-reuse']);
    expect(view.network).toEqual(config.network);
    expect(view.cluster.nodes).toBe(20);
    expect(() => view.placement).toThrow('the system no-reuse reads the config key placement, which experiments/system-keys.ts does not list for it');
    expect(() => view.cluster.ssd).toThrow('cluster.ssd');
    expect(() => {
      (view.cluster as { nodes: number }).nodes = 3;
    }).toThrow(TypeError);
  });

  it('lists only keys that exist, and p2p, the central store and KV Cache P2P between them read every key', () => {
    const paths = keyPaths(TRIAL_FIELDS);
    for (const name of SYSTEM_NAMES) for (const prefix of SYSTEM_KEYS[name]) expect(paths).toContain(prefix);
    const read = [...SYSTEM_KEYS.p2p, ...SYSTEM_KEYS['central-disk'], ...SYSTEM_KEYS['kv-cache-p2p']];
    const sections = paths.filter((path) => paths.some((other) => other.startsWith(`${path}.`)));
    const unread = paths.filter((path) => !sections.includes(path) && !read.some((prefix) => path === prefix || path.startsWith(`${prefix}.`)));
    expect(unread).toEqual([]);
  });

  it('gives trials the same identity exactly when system, seed and the keys read are the same', () => {
    const other = study('name: b\nplacement: {replicas: 2}').cells[0].config;
    const id = (...[c, system, seed]: [typeof config, 'no-reuse' | 'p2p', string]): string => trialIdentity(c, system, seed, SYSTEM_KEYS[system]);
    expect(id(config, 'no-reuse', '1')).toBe(id(other, 'no-reuse', '1'));
    expect(id(config, 'p2p', '1')).not.toBe(id(other, 'p2p', '1'));
    expect(id(config, 'p2p', '1')).not.toBe(id(config, 'p2p', '2'));
    expect(id(config, 'p2p', '1')).not.toBe(id(config, 'no-reuse', '1'));
  });
});
