/** How good a ranking is: recall@k, reciprocal rank, answer in a chunk, overlap of two rankings. */

/** The relevant keys among the first k ranked, ÷ all relevant ones; a key ranked twice counts once. 0 where nothing is relevant. */
export function recallAt(ranked: readonly string[], relevant: ReadonlySet<string>, k: number): number {
  if (relevant.size === 0) return 0;
  const found = new Set(ranked.slice(0, k).filter((key) => relevant.has(key)));
  return found.size / relevant.size;
}

/** 1 ÷ the rank of the first relevant key among the first k (a key that comes again does not lengthen the ranking); 0 if none. */
export function reciprocalRankAt(ranked: readonly string[], relevant: ReadonlySet<string>, k: number): number {
  let rank = 0;
  for (const key of new Set(ranked.slice(0, k))) {
    rank++;
    if (relevant.has(key)) return 1 / rank;
  }
  return 0;
}

/** |a ∩ b| ÷ |b| as sets: the share of the final top-k that the first stage had. 1 where b is empty. */
export function overlap(early: readonly number[], final: readonly number[]): number {
  const wanted = new Set(final);
  if (wanted.size === 0) return 1;
  const found = new Set(early.filter((chunk) => wanted.has(chunk)));
  return found.size / wanted.size;
}

/** Lower case, accents, articles and punctuation gone: what exact match in NQ-open compares (after SQuAD's evaluation script). */
function normalisedAnswer(text: string): string[] {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '' && word !== 'a' && word !== 'an' && word !== 'the');
}

/** Whether any of the answers stands in the text as a run of whole words, both normalised. */
export function containsAnswer(text: string, answers: readonly string[]): boolean {
  const words = ` ${normalisedAnswer(text).join(' ')} `;
  return answers.some((answer) => {
    const wanted = normalisedAnswer(answer);
    return wanted.length > 0 && words.includes(` ${wanted.join(' ')} `);
  });
}

/** Means over the questions of a run. */
export interface RetrievalScore {
  readonly questions: number;
  /** Questions with relevance judgements, over which recall and MRR are means. */
  readonly judged: number;
  readonly recall: number;
  readonly mrr: number;
  /** Questions with known answers, and the share of them where one of the top k chunks contains an answer. */
  readonly answerable: number;
  readonly answerInChunk: number;
  /** Mean overlap of first stage and final top-k, over the questions that have both. */
  readonly staged: number;
  readonly earlyOverlap: number;
}

/** One question's ranking. */
export interface JudgedRanking {
  readonly documents: readonly string[];
  readonly relevant?: ReadonlySet<string>;
  readonly answers?: readonly string[];
  readonly texts: readonly string[];
  readonly chunks: readonly number[];
  readonly early?: readonly number[];
}

/** Means over questions, at a fixed k. */
export class RetrievalTally {
  readonly k: number;
  #questions = 0;
  #judged = 0;
  #recall = 0;
  #reciprocal = 0;
  #answerable = 0;
  #answered = 0;
  #staged = 0;
  #overlap = 0;

  constructor(k: number) {
    this.k = k;
  }

  add(ranking: JudgedRanking): void {
    this.#questions++;
    if (ranking.relevant !== undefined && ranking.relevant.size > 0) {
      this.#judged++;
      this.#recall += recallAt(ranking.documents, ranking.relevant, this.k);
      this.#reciprocal += reciprocalRankAt(ranking.documents, ranking.relevant, this.k);
    }
    const { answers } = ranking;
    if (answers !== undefined && answers.length > 0) {
      this.#answerable++;
      if (ranking.texts.slice(0, this.k).some((text) => containsAnswer(text, answers))) this.#answered++;
    }
    if (ranking.early !== undefined) {
      this.#staged++;
      this.#overlap += overlap(ranking.early, ranking.chunks);
    }
  }

  score(): RetrievalScore {
    const mean = (sum: number, count: number): number => (count === 0 ? 0 : sum / count);
    return {
      questions: this.#questions,
      judged: this.#judged,
      recall: mean(this.#recall, this.#judged),
      mrr: mean(this.#reciprocal, this.#judged),
      answerable: this.#answerable,
      answerInChunk: mean(this.#answered, this.#answerable),
      staged: this.#staged,
      earlyOverlap: mean(this.#overlap, this.#staged),
    };
  }
}
