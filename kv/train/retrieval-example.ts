/** Retrieval tasks as sequences to train on. */
import { BOS } from './retrieval-language.ts';
import type { RetrievalTask } from './retrieval-task.ts';
import type { TrainingExample } from './training-example.ts';

/** Whether documents see those before them (`full`) or only themselves (`block`, as precomputed caches do). */
export type DocumentMask = 'full' | 'block';

/**
 * Lays a task out as one sequence: BOS and the documents at their true positions, then every question with its answer. Questions see all
 * documents and themselves, not each other, and each stands at the position right after the documents: many questions share one context.
 * BOS belongs to the first document's block. Only answers are targets.
 */
export function retrievalExample(task: RetrievalTask, mask: DocumentMask): TrainingExample {
  const tokens: number[] = [BOS];
  const positions: number[] = [0];
  const targets: number[] = [-1];
  /** Which stretch each token belongs to: a document's index, or −1 − the question's. */
  const stretches: number[] = [0];
  task.documents.forEach((document, i) => {
    for (const token of document) {
      positions.push(tokens.length);
      tokens.push(token);
      targets.push(-1);
      stretches.push(i);
    }
  });
  const context = tokens.length;
  task.questions.forEach(({ prompt, answer }, i) => {
    const said = [...prompt, ...answer];
    for (let j = 0; j + 1 < said.length; j++) {
      positions.push(context + j);
      tokens.push(said[j]);
      targets.push(j + 1 < prompt.length ? -1 : said[j + 1]);
      stretches.push(-1 - i);
    }
  });
  const count = tokens.length;
  const visible = new Uint8Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      const same = stretches[i] === stretches[j];
      const questionOnDocument = stretches[i] < 0 && stretches[j] >= 0;
      const documentOnEarlier = stretches[i] >= 0 && mask === 'full';
      if (same || questionOnDocument || documentOnEarlier) visible[i * count + j] = 1;
    }
  }
  return { tokens: Int32Array.from(tokens), positions: Int32Array.from(positions), mask: visible, targets: Int32Array.from(targets) };
}
