/**
 * The retrieval language: a small artificial language in which questions are answered from documents, and in which most answers depend on
 * where things stand, so that a KV cache with wrong positions gives wrong answers.
 *
 * A document is a title record and records of a key and a value; a later record for a key overwrites an earlier one, in whatever document
 * it stands. The titles of successive documents run up or down a fixed cycle of names. Four kinds of question follow the documents:
 *
 *   `? b` → F          the value last written for key b (last write wins across documents)
 *   `@ 3` → b F        the third record from the end, key and value (n-th record, counted across documents)
 *   `> `  → H I J      the titles that would come next (continuation across documents: which way they run shows only in their order)
 *   `! c` → A          the value of a key written exactly once: content alone finds it, positions do not matter
 */

/** Words in order of their token ids. */
const SPECIAL = ['<unk>', '<s>', '</s>', '#', '?', '@', '>', '!'] as const;
const COUNTS = ['1', '2', '3', '4', '5', '6', '7', '8'] as const;
const KEYS = Array.from('abcdefghijklmnop');
const VALUES = Array.from('ABCDEFGHIJKLMNOPQRSTUVWX');

/** Every word of the language; a word's index is its token. */
export const RETRIEVAL_WORDS: readonly string[] = [...SPECIAL, ...COUNTS, ...KEYS, ...VALUES];

/** Token of a word. */
function token(word: string): number {
  return RETRIEVAL_WORDS.indexOf(word);
}

export const BOS = token('<s>');
export const TITLE = token('#');
export const ASK_LATEST = token('?');
export const ASK_NTH = token('@');
export const ASK_NEXT = token('>');
export const ASK_ONCE = token('!');
export const FIRST_COUNT = token('1');
export const COUNT_WORDS = COUNTS.length;
export const FIRST_KEY = token('a');
export const KEY_WORDS = KEYS.length;
export const FIRST_VALUE = token('A');
export const VALUE_WORDS = VALUES.length;
/** Titles in the answer to `>`. */
export const NEXT_TITLES = 3;

/** The value `steps` along the cycle from another. */
export function alongCycle(value: number, steps: number): number {
  const index = value - FIRST_VALUE + steps;
  return FIRST_VALUE + (((index % VALUE_WORDS) + VALUE_WORDS) % VALUE_WORDS);
}

/** Tokens as text, separated by spaces. */
export function retrievalText(tokens: Iterable<number>): string {
  return Array.from(tokens, (t) => RETRIEVAL_WORDS[t] ?? `<${t}>`).join(' ');
}
