/** Reads the trace, analyses it, and gives what is to be printed and written. */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { RandomStreams } from '../../sim/kernel/random-streams.ts';
import { analyseTrace } from '../../workloads/analysis/trace-analysis.ts';
import type { TraceAnalysis } from '../../workloads/analysis/trace-analysis.ts';
import { InputError } from '../../workloads/text/input-error.ts';
import { GENERATED_PREFIX, generatedTrace } from '../../workloads/trace-generators/generated-trace.ts';
import { TraceReplay } from '../../workloads/trace-replay.ts';
import { formatMooncake } from '../../workloads/traces/mooncake.ts';
import { openTrace } from '../../workloads/traces/open-trace.ts';
import type { TraceRecord } from '../../workloads/traces/trace-record.ts';
import { drawPng, drawSvg } from '../../reports/figures/render.ts';
import { makeFolder } from '../files/make-folder.ts';
import { readLines } from '../files/read-lines.ts';
import { outputError } from '../writer/output-error.ts';
import { drawFigures } from './figures.ts';
import { countText } from './number-text.ts';
import { UsageError } from './options.ts';
import type { AnalyzeOptions } from './options.ts';
import { cacheTable, nodeTable, unboundedTable } from './tables.ts';
import { sections } from './words.ts';

const TEXT_WIDTH = 100;

/** Runs one analysis. @returns the text to print. @throws UsageError or OutputError with one line on bad input or output. */
export async function runAnalysis(options: AnalyzeOptions): Promise<string> {
  const { trace } = options;
  const skipped = new Map<string, number>();
  let format = options.format === undefined ? 'generated' : options.format as string;
  const open = (): Iterable<TraceRecord> => {
    if (trace.startsWith(GENERATED_PREFIX)) return generatedTrace(trace, new RandomStreams(options.seed), options.requests);
    const onSkip = (_: number, reason: string): void => void skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
    const opened = openTrace(
      readLines(trace),
      { file: trace, blockTokens: options.blockTokens, columns: options.columns, onSkip, ...(options.arrivalUnit === undefined ? {} : { arrivalUnit: options.arrivalUnit }) },
      options.format,
    );
    format = opened.format;
    return opened.records;
  };
  const analysis = asUsage(() => {
    const replay = new TraceReplay({
      name: trace,
      open,
      blockTokens: options.blockTokens,
      reuse: options.reuse,
      rateScale: options.rateScale,
      fromNs: options.fromNs,
      reorderWindow: options.sortWindow,
      ...(options.toNs === undefined ? {} : { toNs: options.toNs }),
      ...(options.limit === undefined ? {} : { limit: options.limit }),
    });
    return analyseTrace(replay.requests(), {
      usableAfterNs: options.usableAfterNs,
      nodeCounts: options.nodes,
      ...(options.capacityBytes === undefined ? {} : { capacityTokensPerNode: Math.floor(options.capacityBytes / options.kvBytesPerToken) }),
    });
  });
  if (options.save !== undefined) saveTrace(options.save, open());
  const facts = { trace, format, blockTokens: options.blockTokens, model: options.model, kvBytesPerToken: options.kvBytesPerToken, skipped: Object.fromEntries(skipped) };
  const json = JSON.stringify({ ...facts, ...analysis }, null, 2);
  const folder = options.out ?? (options.json ? undefined : join('results', 'analysis', folderName(trace)));
  const written = folder === undefined ? [] : await write(folder, json, analysis, options);
  return options.json ? `${json}\n` : report(analysis, options, format, skipped, written);
}

function asUsage<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof InputError || error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

/** Writes records as they come, a few hundred kilobytes at a time. */
function saveTrace(file: string, records: Iterable<TraceRecord>): void {
  const flushAt = 262_144;
  const descriptor = toFile(file, () => openSync(file, 'wx'));
  try {
    let pending = '';
    for (const record of records) {
      pending += `${formatMooncake(record)}\n`;
      if (pending.length < flushAt) continue;
      const text = pending;
      toFile(file, () => writeSync(descriptor, text));
      pending = '';
    }
    toFile(file, () => writeSync(descriptor, pending));
  } finally {
    closeSync(descriptor);
  }
}

function toFile<T>(path: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw new UsageError(`cannot write ${path}: the file exists`);
    throw outputError(path, error);
  }
}

function folderName(trace: string): string {
  const name = basename(trace.replace(':', '-')).replace(/\.(jsonl?|csv)$/i, '').replace(/[^\p{L}\p{N}._-]+/gu, '-');
  return name === '' || name.startsWith('.') ? 'trace' : name;
}

/** Writes analysis.json and, for each chart, its specification, an SVG and a PNG. */
async function write(folder: string, json: string, analysis: TraceAnalysis, options: AnalyzeOptions): Promise<string[]> {
  const files: [string, string | Uint8Array][] = [['analysis.json', `${json}\n`]];
  if (options.charts) {
    for (const figure of await drawFigures(analysis, options, `${basename(options.trace)}, ${countText(analysis.requests)} requests`)) {
      const { svg } = await drawSvg(figure.spec);
      files.push([`${figure.name}.vl.json`, `${JSON.stringify(figure.spec, null, 2)}\n`], [`${figure.name}.svg`, svg], [`${figure.name}.png`, drawPng(svg)]);
    }
  }
  toFile(folder, () => {
    makeFolder(folder);
    for (const [name, content] of files) writeFileSync(join(folder, name), content);
  });
  return files.map(([name]) => join(folder, name));
}

function report(analysis: TraceAnalysis, options: AnalyzeOptions, format: string, skipped: ReadonlyMap<string, number>, written: readonly string[]): string {
  const lines = [`${options.trace} (${format === 'generated' ? `generated, seed ${options.seed}` : `${format} format`}${analysis.reuse === 'none' ? '' : `, ${options.blockTokens} tokens a block`})`, ''];
  for (const { heading, sentences } of sections(analysis, options)) {
    lines.push(heading, ...sentences.flatMap((sentence) => wrap(sentence)), '');
  }
  for (const [reason, count] of skipped) lines.push(`Left out: ${countText(count)} record${count === 1 ? '' : 's'} (${reason}).`, '');
  for (const table of [unboundedTable(analysis), cacheTable(analysis, options), nodeTable(analysis)]) if (table.length > 0) lines.push(...table, '');
  const pictures = written.filter((file) => file.endsWith('.svg'));
  if (pictures.length > 0) lines.push('Charts (SVG; PNG and Vega-Lite beside them):', ...pictures.map((file) => `  ${file}`));
  const data = written.find((file) => file.endsWith('.json') && !file.endsWith('.vl.json'));
  if (data !== undefined) lines.push(`All figures: ${data}`);
  return `${lines.join('\n').trimEnd()}\n`;
}

function wrap(sentence: string): string[] {
  const lines: string[] = [];
  let line = ' ';
  for (const word of sentence.split(' ')) {
    if (line.trim() !== '' && line.length + 1 + word.length > TEXT_WIDTH) {
      lines.push(line);
      line = ' ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
