/** Running one case through every cell. */
import { generate, greedy } from '../model/generate.ts';
import { KvCache } from '../model/kv-cache.ts';
import type { Transformer } from '../model/transformer.ts';
import { precomputeChunk } from '../stitch/chunk-cache.ts';
import type { ChunkCache } from '../stitch/chunk-cache.ts';
import { stitch } from '../stitch/stitch.ts';
import { parsePolicy } from '../stitch/stitch-policy.ts';
import type { RopeBackend } from '../rope/rope-backend.ts';
import { compressSegment, parseCompression } from './cache-compression.ts';
import type { CaseScores, ExactCount, Probe, QualityCase, QualityCell } from './quality-case.ts';
import { noScores, scoreTokens } from './token-scores.ts';

/** How tokens become text, and where rotation runs. */
export interface EvaluationOptions {
  readonly text: (tokens: readonly number[]) => string;
  readonly bos: number;
  readonly rope?: RopeBackend;
  /** Whether text is generated; off, only probabilities are compared. */
  readonly generate: boolean;
}

/** Scores a case in each cell, against the full prefill of the same context. */
export function evaluateCase(model: Transformer, quality: QualityCase, cells: readonly QualityCell[], options: EvaluationOptions): CaseScores[] {
  const room = quality.probes.reduce((sum, probe) => sum + probe.feed.length + (probe.generation === undefined ? 0 : probe.generation.prompt.length + probe.generation.tokens), 0);
  const atStart = quality.chunks.map((tokens) => precomputeChunk(model, tokens));
  const full = stitch(model, atStart, { kind: 'full' }, room);
  const reference = askAll(model, full.cache, quality.probes);
  const ownText = options.generate ? generateAll(model, full.cache, quality.probes) : [];
  return cells.map((cell) => {
    const { cache, recomputedTokens, storedBytes, halfBytes } = contextOf(model, quality, cell, atStart, room, options);
    const logits = cell.policy === 'full' && cell.level === 'float32' ? reference : askAll(model, cache, quality.probes);
    const sum = noScores();
    const exact: Record<string, ExactCount> = {};
    quality.probes.forEach((probe, i) => {
      const { vocab } = model.config;
      const scored = probe.targets.flatMap((target, row) => (target >= 0 ? [row] : []));
      const targets = scored.map((row) => probe.targets[row]);
      const here = rowsOf(logits[i], scored, vocab);
      const scores = scoreTokens(here, targets, vocab, logits[i] === reference[i] ? here : rowsOf(reference[i], scored, vocab));
      sum.tokens += scores.tokens;
      sum.negativeLogLikelihood += scores.negativeLogLikelihood;
      sum.agreed += scores.agreed;
      sum.divergence += scores.divergence;
      const count = (exact[probe.kind] ??= { asked: 0, exact: 0 });
      count.asked++;
      if (targets.every((target, row) => greedy(here.subarray(row * vocab, (row + 1) * vocab)) === target)) count.exact++;
    });
    const generated = options.generate ? compareTexts(model, cache, quality.probes, ownText, options) : undefined;
    const contextTokens = quality.chunks.reduce((total, chunk) => total + chunk.length, 0);
    return { ...sum, exact, contextTokens, recomputedTokens, storedBytes, halfBytes, ...(generated === undefined ? {} : { generated }) };
  });
}

interface Context {
  readonly cache: KvCache;
  readonly recomputedTokens: number;
  readonly storedBytes: number;
  readonly halfBytes: number;
}

/** The joined context of a cell. */
function contextOf(model: Transformer, quality: QualityCase, cell: QualityCell, atStart: readonly ChunkCache[], room: number, options: EvaluationOptions): Context {
  if (cell.policy === 'no-context') {
    const cache = new KvCache(model.config, 1 + room);
    model.forward(cache, { tokens: [options.bos], logits: 'none' });
    return { cache, recomputedTokens: 0, storedBytes: 0, halfBytes: 0 };
  }
  const level = parseCompression(cell.level);
  let start = 0;
  let storedBytes = 0;
  let halfBytes = 0;
  const chunks = quality.chunks.map((tokens, i): ChunkCache => {
    const cached = cell.shift === 'start' || i === 0 ? atStart[i] : precomputeChunk(model, tokens, start + cell.shift);
    start += tokens.length;
    const width = model.config.kvHeads * model.config.headDim;
    const compressed = compressSegment(cached.segment, width, level);
    storedBytes += compressed.sizeBytes;
    halfBytes += 2 * 2 * model.config.layers * tokens.length * width;
    return { ...cached, segment: compressed.segment };
  });
  const { cache, recomputedTokens } = stitch(model, chunks, parsePolicy(cell.policy), room, options.rope === undefined ? {} : { rope: options.rope });
  return { cache, recomputedTokens, storedBytes, halfBytes };
}

/** Logits of every fed token of each probe. All probes go through the model together, blind to each other, each right after the context. */
function askAll(model: Transformer, cache: KvCache, probes: readonly Probe[]): Float32Array[] {
  const context = cache.length;
  const tokens = probes.flatMap((probe) => probe.feed);
  const positions = probes.flatMap((probe) => probe.feed.map((_, i) => context + i));
  const total = context + tokens.length;
  const mask = new Uint8Array(tokens.length * total);
  let first = 0;
  for (const probe of probes) {
    for (let i = first; i < first + probe.feed.length; i++) {
      mask.fill(1, i * total, i * total + context);
      mask.fill(1, i * total + context + first, i * total + context + i + 1);
    }
    first += probe.feed.length;
  }
  const logits = model.forward(cache, { tokens, positions, mask });
  cache.truncate(context);
  let row = 0;
  return probes.map((probe) => {
    const from = row * model.config.vocab;
    row += probe.feed.length;
    return logits.subarray(from, row * model.config.vocab);
  });
}

function generateAll(model: Transformer, cache: KvCache, probes: readonly Probe[]): (readonly number[])[] {
  const context = cache.length;
  return probes.map(({ generation }) => {
    if (generation === undefined) return [];
    const tokens = generate(model, cache, generation.prompt, generation.tokens, greedy);
    cache.truncate(context);
    return tokens;
  });
}

/** One text of all that was generated, prompts included, so that a case of many short answers reads as a transcript. */
function compareTexts(model: Transformer, cache: KvCache, probes: readonly Probe[], own: readonly (readonly number[])[], options: EvaluationOptions): { text: string; reference: string } {
  const generated = generateAll(model, cache, probes);
  const join = (answers: readonly (readonly number[])[]): string =>
    probes.flatMap((probe, i) => (probe.generation === undefined ? [] : [options.text([...probe.generation.prompt, ...answers[i]])])).join('\n');
  return { text: join(generated), reference: join(probes.map((probe, i) => probe.generation?.reference ?? own[i])) };
}

function rowsOf(logits: Float32Array, rows: readonly number[], vocab: number): Float32Array {
  const out = new Float32Array(rows.length * vocab);
  rows.forEach((row, i) => {
    out.set(logits.subarray(row * vocab, (row + 1) * vocab), i * vocab);
  });
  return out;
}
