/** A question put to a corpus, with what is known of its answer. */
export interface Question {
  readonly key: string;
  readonly text: string;
  /** Accepted answers, for answer-in-chunk. */
  readonly answers?: readonly string[];
  /** Keys of the documents judged relevant, for recall and MRR. */
  readonly relevant?: ReadonlySet<string>;
}
