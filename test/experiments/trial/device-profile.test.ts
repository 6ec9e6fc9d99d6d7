/** Trials on the measured speeds of a device. */
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkInputs } from '../../../experiments/inputs.ts';
import { runTrial } from '../../../experiments/trial.ts';
import type { TrialResult } from '../../../experiments/results/trial-result.ts';
import { study } from '../config/study-source.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { writeStorageProfile } from './measured-files.ts';
import { trialConfig } from './trial-config.ts';

const CHUNK_BYTES = 512 * 512 * 1024;
/** One request at a time for one chunk, always from the drive of the one other node: nothing waits for anything. */
const LONE = {
  'measure.warmup': 0, 'measure.requests': 6, 'cluster.nodes': 2, 'workload.rate': '0.1/s', 'workload.arrivals': 'constant', 'workload.chunks': 1, 'workload.topK': 1, 'workload.outputTokens': 1,
  'placement.replicas': 1, 'placement.keys': 'chunk', 'cluster.memory': '0B', 'cluster.gpu': 'A100-80GB', 'network.up': '400Gbps', 'network.down': '400Gbps', 'stitching.policy': 'none',
};

function run(settings: Readonly<Record<string, string | number>>, system = 'p2p'): TrialResult {
  return runTrial(trialConfig({ ...LONE, ...settings }), { index: 0, cell: {}, system, seed: '1' });
}

const kvMs = ({ metrics }: TrialResult): number => metrics['transferMs'] + metrics['copyMs'] + metrics['adjustMs'];

describe('a device profile in a trial', () => {
  it('gives the drive its rate: a chunk of 268 MB takes 537 ms at 500 MB/s', () => {
    const file = writeStorageProfile(temporaryFolder());
    const { transferMs } = run({ 'cluster.deviceProfile': file }).metrics;
    // Beside the drive: its access time of 0.2 ms and what one segment of eight takes to be checked and copied on.
    expect(transferMs).toBeGreaterThan((CHUNK_BYTES / 5e8) * 1000);
    expect(transferMs).toBeLessThan((CHUNK_BYTES / 5e8) * 1000 + 5);
  });

  it('is the same as the same speeds in the config', () => {
    const file = writeStorageProfile(temporaryFolder());
    const written = run({ 'cluster.ssd.read': '500MB/s', 'cluster.ssd.write': '250MB/s', 'cluster.ssd.latency': '200us', 'cluster.ram.bandwidth': '2GB/s', 'cluster.ram.latency': '1us' });
    // Memory takes no writes in this trial, so that its one rate in the config stands for both of the file.
    const measured = run({ 'cluster.deviceProfile': file });
    expect(measured.digest).toBe(written.digest);
    expect(measured.metrics).toEqual(written.metrics);
  });

  it('decodes on host cores at the measured speed, one segment on each, where the file has the level', () => {
    const file = writeStorageProfile(temporaryFolder());
    const withCodec = run({ 'cluster.deviceProfile': file, compression: 'moderate' });
    const without = run({ 'cluster.deviceProfile': writeStorageProfile(temporaryFolder(), false), compression: 'moderate' });
    const oneCore = run({ 'cluster.deviceProfile': file, compression: 'moderate', 'cluster.cpuCores': 1 });
    const chunkMs = (CHUNK_BYTES / 2e9) * 1000;
    // Eight segments arrive one after another: the last one's eighth of the decoding is left when it has come.
    expect(kvMs(withCodec) - kvMs(without)).toBeGreaterThan(chunkMs / 8 - 2);
    expect(kvMs(withCodec) - kvMs(without)).toBeLessThan(chunkMs / 8 + 5);
    // One core keeps up with what the network brings; what the node reads from its own drive comes as one, and seven of eight segments queue.
    expect(Math.abs(kvMs(oneCore) - kvMs(withCodec) - oneCore.metrics['hitRateLocal'] * chunkMs * (7 / 8))).toBeLessThan(6);
    expect(oneCore.metrics['hitRateLocal']).toBe(0.5);
  });

  it('encodes what is stored back at the measured speed', () => {
    const file = writeStorageProfile(temporaryFolder());
    const cold = { start: 'cold', compression: 'moderate', 'measure.requests': 2, 'placement.writeQuorum': 1, 'cluster.cpuCores': 1 };
    const encoded = run({ ...cold, 'cluster.deviceProfile': file }).metrics['writeAcknowledgedMs'];
    const onGpu = run({ ...cold, 'cluster.deviceProfile': writeStorageProfile(temporaryFolder(), false) }).metrics['writeAcknowledgedMs'];
    // One core, 1 GB/s of FP16; FP16 also takes longer to copy out of the GPU than int8.
    expect(encoded - onGpu).toBeGreaterThan((CHUNK_BYTES / 1e9) * 1000);
    expect(encoded - onGpu).toBeLessThan((CHUNK_BYTES / 1e9) * 1000 + 10);
  });

  it('is named in the results of systems that store', () => {
    const file = writeStorageProfile(temporaryFolder());
    expect(run({ 'cluster.deviceProfile': file }).labels['deviceMeasuredOn']).toBe(`made up, 4 cores, ${file}`);
    expect(run({ 'cluster.deviceProfile': file }, 'no-reuse').labels).not.toHaveProperty('deviceMeasuredOn');
    expect(run({}).labels).not.toHaveProperty('deviceMeasuredOn');
  });

  it('is refused where it is missing, malformed, or contradicted', async () => {
    const file = writeStorageProfile(temporaryFolder());
    const check = async (settings: string): Promise<unknown> => checkInputs(study(`name: x\nsystems: [p2p]\n${settings}`));
    await expect(check(`cluster: {deviceProfile: ${file}x}`)).rejects.toThrow(/cluster\.deviceProfile.*no such file.*npm run bench -- storage.*device\.yaml/s);
    const broken = `${temporaryFolder()}/broken.yaml`;
    writeFileSync(broken, 'format: p2p-ragcache device profile 1\nmachine: {processor: x, cores: 0, memoryBytes: 1, node: y}\n');
    await expect(check(`cluster: {deviceProfile: ${broken}}`)).rejects.toThrow(/cluster\.deviceProfile.*broken\.yaml: machine\.cores: 0: /s);
    await expect(check(`cluster: {deviceProfile: ${file}}`)).resolves.toMatchObject([{ path: file }]);
    expect(() => trialConfig({ 'cluster.deviceProfile': file, 'cluster.ssd.read': '1GB/s' })).toThrow(/cluster\.ssd\.read: "1GB\/s".*cluster\.deviceProfile/s);
  });
});
