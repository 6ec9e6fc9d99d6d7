/** Checks the files that trials will read, before anything runs. */
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { InputError } from '../workloads/text/input-error.ts';
import { GENERATED_PREFIX } from '../workloads/trace-generators/generated-trace.ts';
import { TraceReplay } from '../workloads/trace-replay.ts';
import { openTrace } from '../workloads/traces/open-trace.ts';
import { ConfigError } from './config/config-error.ts';
import { nearest } from './config/nearest.ts';
import type { OverlayStudyConfig } from './config/overlay-study-fields.ts';
import type { Study } from './config/resolve.ts';
import { GENERATED, ROOFLINE } from './config/trial-fields.ts';
import type { ResolvedConfig } from './config/trial-fields.ts';
import { readLines } from './files/read-lines.ts';
import { readSessions } from './files/session-file.ts';
import type { Manifest } from './results/manifest.ts';
import { joinsChunks, type SystemName } from './system-names.ts';
import { readDeviceProfile } from './segment-files/device-profile.ts';
import { makeCostModel } from './trial/cost-model.ts';
import { plainWorkload, withPlainWorkload } from './trial/dataset-workload.ts';
import { NO_PROFILE } from './trial/device-speeds.ts';
import { prefixFiles, readPrefixes } from './trial/prefix-files.ts';
import { qualityOf, readRopeProfile } from './trial/stitching.ts';
import { readText } from './trial/text-workload.ts';

type TraceWorkload = Extract<ResolvedConfig['workload'], { kind: 'trace' }>;

/**
 * Reads every trace file that a cell names, from end to end, and gives the files with their hashes.
 * @throws ConfigError, `file:line: problem`, for a file that is missing, truncated or malformed, or whose window is empty.
 */
export async function checkInputs(study: Study): Promise<Manifest['inputs']> {
  const files = study.kind === 'serving' ? checkTraces(study as Study<ResolvedConfig>) : checkSessions(study as Study<OverlayStudyConfig>);
  return Promise.all([...new Set(files)].sort().map(async (path) => ({ path, sha256: await hashFile(path) })));
}

/** Checks what the cells of a serving study read, and gives the files. */
function checkTraces(study: Study<ResolvedConfig>): string[] {
  const traces = new Map<string, TraceWorkload>();
  for (const { config } of study.cells) {
    const { workload } = config;
    if (workload.kind === 'trace' && !workload.file.startsWith(GENERATED_PREFIX)) traces.set(JSON.stringify(workload), workload);
  }
  for (const trace of traces.values()) checkTrace(trace);
  return [...[...traces.values()].map(({ file }) => file), ...checkTexts(study), ...checkCostModels(study), ...checkQualityTables(study), ...checkProfiles(study)];
}

/** Reads every quality table that a cell names, for each system that would look something up in it, and gives the files. */
function checkQualityTables(study: Study<ResolvedConfig>): string[] {
  const files = new Set<string>();
  for (const { config } of study.cells) {
    const path = config.stitching.quality;
    if (path === 'none') continue;
    refusingFile('stitching.quality', path, 'none or a table that npm run quality -- --out wrote', () => {
      for (const reuses of new Set(study.systems.map((system) => joinsChunks(system as SystemName)))) qualityOf(withPlainWorkload(config), reuses);
    });
    files.add(path);
  }
  return [...files];
}

/** Reads the text corpora and shared texts that a cell names, and gives the files. */
function checkTexts(study: Study<ResolvedConfig>): string[] {
  const files = new Set<string>();
  for (const workload of study.cells.map(({ config }) => plainWorkload(config.workload))) {
    if (workload.kind === 'text' && workload.dataset !== 'generated') {
      const named = [workload.questions, ...(workload.dataset === 'ms-marco' ? [workload.collection, workload.qrels] : [])].filter((file) => file !== GENERATED);
      if (named.some((file) => !files.has(file))) refusing(workload.questions, () => [...readText(workload).documents].length);
      for (const file of named) files.add(file);
    }
    if (workload.kind === 'prefix' && workload.source !== GENERATED && !files.has(workload.source)) {
      refusing(workload.source, () => readPrefixes(workload));
      for (const file of prefixFiles(workload)) files.add(file);
    }
  }
  return [...files];
}

/** The same for measured speeds: of rotating keys, and of storage and codecs. */
function checkProfiles(study: Study<ResolvedConfig>): string[] {
  const named = (path: (config: ResolvedConfig) => string): string[] => [...new Set(study.cells.map(({ config }) => path(config)).filter((each) => each !== NO_PROFILE))];
  const rope = named(({ stitching }) => stitching.ropeProfile);
  for (const path of rope) refusingFile('stitching.ropeProfile', path, 'none or a profile that npm run bench -- rope --profile wrote', () => { readRopeProfile(path); });
  const devices = named(({ cluster }) => cluster.deviceProfile);
  for (const path of devices) refusingFile('cluster.deviceProfile', path, 'none or a profile that npm run bench -- storage --profile wrote', () => { readDeviceProfile(path); });
  return [...rope, ...devices];
}

/** Reads every cost profile that a cell names, and gives the files. */
function checkCostModels(study: Study<ResolvedConfig>): string[] {
  const files: string[] = [];
  const seen = new Set<string>();
  for (const { config } of study.cells) {
    const path = config.serving.costModel;
    const { gpu, model, gpusPerNode } = config.cluster;
    const key = JSON.stringify([path, gpu, model, gpusPerNode]);
    if (path === ROOFLINE || seen.has(key)) continue;
    seen.add(key);
    refusingFile('serving.costModel', path, 'roofline, a cost profile or a folder of measured grids', () => { makeCostModel(config); });
    files.push(...(statSync(path).isDirectory() ? readdirSync(path).filter((name) => name.endsWith('.csv')).map((name) => join(path, name)) : [path]));
  }
  return files;
}

/** The same for the session traces of an overlay study. */
function checkSessions(study: Study<OverlayStudyConfig>): string[] {
  return study.cells.flatMap(({ config }) => {
    const { churn } = config;
    if (churn.kind !== 'trace') return [];
    refusing(churn.file, () => readSessions(churn.file, config.nodes));
    return [churn.file];
  });
}

function checkTrace(trace: TraceWorkload): void {
  const { file, blockTokens } = trace;
  const open = (): ReturnType<typeof openTrace>['records'] =>
    openTrace(readLines(file), { file, blockTokens }, trace.format === 'auto' ? undefined : trace.format).records;
  refusing(file, () => {
    let records = 0;
    for (const { line } of open()) records = line ?? records + 1;
    if (records === 0) throw new InputError(file, 1, 'the trace has no requests');
    const { fromNs, toNs } = trace.window;
    const replay = new TraceReplay({ name: file, open, blockTokens, fromNs, ...(toNs === null ? {} : { toNs }), limit: 1 });
    if (replay.requests().next().done === true) {
      throw new ConfigError({ at: file, path: 'workload.window', expected: 'no request of the trace lies in the window' });
    }
  });
}

/** Turns what is wrong with the file that a key names into a refusal; `expected` is what the key takes. */
function refusingFile(key: string, path: string, expected: string, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof Error && 'code' in error)) throw error;
    const missing = 'code' in error && error.code === 'ENOENT';
    throw new ConfigError({ path: key, value: path, expected: missing ? `no such file or folder; expected ${expected}` : error.message, nearest: missing ? nearestFile(path) : undefined });
  }
}

/** Turns what is wrong with an input file into a refusal. */
function refusing(file: string, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new ConfigError({ expected: error.message.replace(`${file}:0:`, `${file}:`), nearest: error.line === 0 ? nearestFile(file) : undefined });
  }
}

/** The file beside it that is called most alike, endings apart too: two files are not alike for being JSON. */
function nearestFile(file: string): string | undefined {
  const stem = (name: string): string => basename(name, extname(name));
  try {
    const alike = readdirSync(dirname(file)).filter((name) => name !== basename(file) && nearest(stem(file), [stem(name)]) !== undefined);
    const near = nearest(basename(file), alike);
    return near === undefined ? undefined : join(dirname(file), near);
  } catch {
    return undefined;
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}
