/**
 * `npm run quality`: how much text suffers from stitching and compression, with 95 % bootstrap intervals over cases.
 *
 * Writes a quality table (JSON) that experiment configs can name, and prints it as Markdown.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import cliProgress from 'cli-progress';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { COMPRESSION_LEVELS, parseCompression } from '../kv/quality/cache-compression.ts';
import { textTokens } from '../kv/quality/case-sources.ts';
import type { CaseScores } from '../kv/quality/quality-case.ts';
import { qualityRow } from '../kv/quality/quality-table.ts';
import type { QualityTable } from '../kv/quality/quality-table.ts';
import { parsePolicy } from '../kv/stitch/stitch-policy.ts';
import { loadModel, loadTokenizer, textMarks, tokenizerPath } from './model-files.ts';
import { qualityMarkdown } from './quality-markdown.ts';
import { planQuality, uncompressedCell } from './quality-plan.ts';
import type { QualityTask, QualityWorkerData } from './quality-worker.ts';
import { startThread } from './engines/typescript-thread.ts';

const SHIPPED = 'weights/retrieval-115k.bin';
const list = (text: string): string[] => text.split(',').map((item) => item.trim()).filter((item) => item !== '');
const numbers = (name: string, text: string): number[] =>
  list(text).map((item) => {
    if (!/^-?\d+$/.test(item)) throw new RangeError(`--${name} is ${text}; expected whole numbers parted by commas`);
    return Number(item);
  });

const argv = await yargs(hideBin(process.argv))
  .scriptName('npm run quality --')
  .usage('$0 [options]\n\nPerplexity, agreement, divergence, exact answers and text overlap of stitched and compressed KV caches against a full prefill.')
  .option('weights', { type: 'string', default: SHIPPED, describe: 'llama2.c .bin file, or Hugging Face folder (config.json, *.safetensors, tokenizer.json)' })
  .option('tokenizer', { type: 'string', describe: 'tokenizer.json or llama2.c tokenizer (default: beside the weights)' })
  .option('source', { choices: ['retrieval', 'self', 'text'] as const, describe: 'what is asked: tasks of the retrieval language, texts sampled from the model itself, or --text' })
  .option('text', { type: 'string', describe: 'file of running text for --source text' })
  .option('cases', { type: 'number', default: 200, describe: 'contexts for each shape' })
  .option('questions', { type: 'number', default: 16, describe: 'questions a retrieval task' })
  .option('chunk-tokens', { type: 'string', default: '24,48,96', describe: 'chunk lengths' })
  .option('chunks', { type: 'string', default: '3', describe: 'numbers of chunks' })
  .option('policies', { type: 'string', default: 'none,adjust,adjust-first-4,adjust-deviating-15%,no-context', describe: 'stitching policies' })
  .option('levels', { type: 'string', default: 'fp16,int8,int4,int3,int2,int4-keys-per-token', describe: `compression levels of ${Object.keys(COMPRESSION_LEVELS).join(', ')}` })
  .option('shifts', { type: 'string', default: '', describe: 'distances between cached and true positions, beside caching every chunk from position 0' })
  .option('product', { type: 'boolean', default: false, describe: 'every policy with every level and shift' })
  .option('generate', { type: 'boolean', default: true, describe: 'generate text for ROUGE and BLEU' })
  .option('seed', { type: 'string', default: 'quality-1', describe: 'seed of the cases' })
  .option('threads', { type: 'number', default: availableParallelism(), describe: 'threads; the result is the same for any' })
  .option('out', { type: 'string', describe: 'quality table to write (JSON)' })
  .strict()
  .parseAsync();

try {
  await evaluate();
} catch (error) {
  // Bad weights and options are the user's to mend: the message, not a stack.
  console.error((error as Error).message);
  process.exitCode = 2;
}

async function evaluate(): Promise<void> {
  const policies = list(argv.policies);
  for (const policy of policies) if (policy !== 'no-context') parsePolicy(policy);
  const levels = list(argv.levels).map(parseCompression);
  const plans = planQuality({
    chunkTokens: numbers('chunk-tokens', argv.chunkTokens), chunks: numbers('chunks', argv.chunks), policies, levels, shifts: numbers('shifts', argv.shifts), product: argv.product,
  });
  for (const { shape } of plans) if (shape.chunkTokens < 1 || shape.chunks < 1) throw new RangeError(`${shape.chunks} chunks of ${shape.chunkTokens} tokens; expected at least one of each`);
  if (!Number.isSafeInteger(argv.cases) || argv.cases < 1) throw new RangeError(`--cases is ${argv.cases}; expected a positive integer`);
  if (!existsSync(argv.weights)) throw new Error(`--weights ${argv.weights}: no such file or folder`);
  const { config, weights } = loadModel(argv.weights);
  const tokenizerFile = argv.tokenizer ?? tokenizerPath(argv.weights);
  const tokenizer = loadTokenizer(tokenizerFile, config.vocab);
  const marks = textMarks(argv.weights, tokenizer);
  const source = argv.source ?? (argv.text !== undefined ? 'text' : argv.weights === SHIPPED ? 'retrieval' : 'self');
  if (source === 'text') {
    if (argv.text === undefined || !existsSync(argv.text)) throw new Error(`--text ${argv.text ?? '(none)'}: no such file`);
    const have = tokenizer.encode(readFileSync(argv.text, 'utf8')).length;
    const need = Math.max(...plans.map(({ shape }) => textTokens(shape))) * argv.cases;
    if (have < need) throw new RangeError(`--text ${argv.text}: ${have} tokens; ${argv.cases} cases of the longest shape need ${need}`);
  }
  for (const { shape } of plans) {
    const longest = textTokens(shape);
    if (longest > config.maxTokens) throw new RangeError(`${shape.chunks} chunks of ${shape.chunkTokens} tokens and a continuation make ${longest}; the model was trained for ${config.maxTokens}`);
  }
  const shared = new Float32Array(new SharedArrayBuffer(weights.all.length * 4));
  shared.set(weights.all);
  const data: QualityWorkerData = {
    config, weights: shared, tokenizer: tokenizerFile, marks, source, textFile: argv.text, questions: argv.questions, generate: argv.generate, seed: argv.seed,
  };
  const tasks = plans.flatMap((plan) => Array.from({ length: argv.cases }, (_, index): QualityTask => ({ plan, index })));
  const results = await runTasks(tasks, data);
  const rows = plans.flatMap((plan, p) => {
    const cases = results.slice(p * argv.cases, (p + 1) * argv.cases);
    const column = (cell: number): CaseScores[] => cases.map((scores) => scores[cell]);
    return plan.cells.map((cell, c) => qualityRow({ ...plan.shape, ...cell }, column(c), column(0), column(uncompressedCell(plan.cells, cell))));
  });
  const table: QualityTable = {
    kind: 'quality-table',
    version: 1,
    model: basename(argv.weights).replace(/\.bin$/, ''),
    modelSha256: digestOf(argv.weights),
    source,
    command: `npm run quality -- ${hideBin(process.argv).filter((word) => !word.startsWith('--threads')).join(' ')}`.trim(),
    textReference: source === 'retrieval' ? 'the right answers' : 'what the full prefill generates',
    rows,
  };
  if (argv.out !== undefined) writeFileSync(argv.out, `${JSON.stringify(table, undefined, 1)}\n`);
  console.log(qualityMarkdown(table));
}

async function runTasks(tasks: readonly QualityTask[], data: QualityWorkerData): Promise<CaseScores[][]> {
  const bar = new cliProgress.SingleBar({ format: '{bar} {value}/{total} contexts · {duration_formatted}, {eta_formatted} left', noTTYOutput: true, notTTYSchedule: 60_000 });
  bar.start(tasks.length, 0);
  const results: CaseScores[][] = [];
  const workers = Array.from({ length: Math.max(1, Math.min(argv.threads, tasks.length)) }, () => startThread(new URL('./quality-worker.ts', import.meta.url), data));
  let next = 0;
  let done = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      for (const worker of workers) {
        const give = (): void => {
          if (next >= tasks.length) return;
          const index = next++;
          worker.once('message', (scores: CaseScores[]) => {
            results[index] = scores;
            bar.increment();
            if (++done === tasks.length) resolve();
            else give();
          });
          worker.postMessage(tasks[index]);
        };
        worker.once('error', reject);
        give();
      }
    });
  } finally {
    bar.stop();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results;
}

/** SHA-256 of the weights: of the file, or of a folder's safetensors files one after the other. */
function digestOf(path: string): string {
  const hash = createHash('sha256');
  const files = statSync(path).isDirectory() ? readdirSync(path).filter((name) => name.endsWith('.safetensors')).sort().map((name) => join(path, name)) : [path];
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex');
}
