/** A thread that evaluates cases. Started by quality.ts. */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { LlamaConfig } from '../kv/model/llama-config.ts';
import { viewWeights } from '../kv/model/llama-weights.ts';
import { Transformer } from '../kv/model/transformer.ts';
import { continuationCase, retrievalCase, sampleText, textTokens } from '../kv/quality/case-sources.ts';
import { evaluateCase } from '../kv/quality/evaluate-case.ts';
import type { CaseScores, QualityCase } from '../kv/quality/quality-case.ts';
import { loadTokenizer } from './model-files.ts';
import type { TextMarks } from './model-files.ts';
import type { ShapePlan } from './quality-plan.ts';

/** What a thread needs to know; the weights are shared memory. */
export interface QualityWorkerData {
  readonly config: LlamaConfig;
  readonly weights: Float32Array;
  readonly tokenizer: string;
  readonly marks: TextMarks;
  readonly source: 'retrieval' | 'self' | 'text';
  readonly textFile: string | undefined;
  readonly questions: number;
  readonly generate: boolean;
  readonly seed: string;
}

/** A case of a shape to evaluate. */
export interface QualityTask {
  readonly plan: ShapePlan;
  readonly index: number;
}

const data = workerData as QualityWorkerData;
const model = new Transformer(data.config, viewWeights(data.config, data.weights));
const tokenizer = loadTokenizer(data.tokenizer, data.config.vocab);
const given = data.source === 'text' ? tokenizer.encode(readFileSync(data.textFile!, 'utf8')) : [];

parentPort!.on('message', ({ plan, index }: QualityTask) => {
  const options = { text: (tokens: readonly number[]) => tokenizer.decode(tokens), bos: data.marks.bos, generate: data.generate };
  const scores: CaseScores[] = evaluateCase(model, caseOf(plan, index), plan.cells, options);
  parentPort!.postMessage(scores);
});

function caseOf({ shape }: ShapePlan, index: number): QualityCase {
  const need = textTokens(shape);
  switch (data.source) {
    case 'retrieval':
      return retrievalCase(shape, data.questions, `${data.seed}/${shape.chunkTokens}/${shape.chunks}/${index}`);
    case 'text': {
      // Stretches of the text one after the other.
      const text = given.slice(index * need, (index + 1) * need);
      return continuationCase(text, data.marks.bos, shape);
    }
    case 'self':
      return continuationCase(sampleText(model, data.marks.bos, need, (token) => data.marks.ends.includes(token), `${data.seed}/${shape.chunkTokens}/${shape.chunks}/${index}`), data.marks.bos, shape);
  }
}
