/** How many tokens a text has: by a stated rule, or by a tokenizer that is given. */

/** Counts the tokens of one piece: a word without blanks, or one character of a script that writes none. May be fractional. */
export interface TokenRule {
  /** States the rule; shown beside results that rest on it. */
  readonly name: string;
  tokens(piece: string): number;
}

/** Han, kana and hangul: written without blanks, and about one token a character. */
const UNSPACED = '\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7af\\uf900-\\ufaff';
const PIECES = new RegExp(`[${UNSPACED}]|[^\\s${UNSPACED}]+`, 'gu');
const UNSPACED_CHARACTER = new RegExp(`^[${UNSPACED}]$`, 'u');
const WORD_CHARACTERS = 12;

/**
 * Four tokens to three words of English, the rule of thumb that OpenAI's documentation gives ("What are tokens and how to
 * count them?"); a word of more than 12 characters (a URL, a number) counts once more for every further 12.
 */
export const WORD_RULE: TokenRule = {
  name: '4/3 tokens a word of up to 12 characters, 1 a Han, kana or hangul character',
  tokens: (piece) => (UNSPACED_CHARACTER.test(piece) ? 1 : (4 / 3) * Math.ceil(piece.length / WORD_CHARACTERS)),
};

/**
 * A rule that asks a tokenizer. Each word is counted by itself with a blank before it, as byte-pair tokenizers that split at
 * blanks see it, so counts add up.
 */
export function tokenizerRule(name: string, countTokens: (text: string) => number): TokenRule {
  return { name, tokens: (piece) => countTokens(UNSPACED_CHARACTER.test(piece) ? piece : ` ${piece}`) };
}

/** A piece and where it stands. */
export interface Piece {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The pieces of a text in order. */
export function* piecesOf(text: string): Generator<Piece> {
  for (const match of text.matchAll(PIECES)) yield { text: match[0], start: match.index, end: match.index + match[0].length };
}

/** Tokens of a whole text, rounded up; 0 for one of blanks. */
export function countTokens(text: string, rule: TokenRule = WORD_RULE): number {
  let tokens = 0;
  for (const piece of piecesOf(text)) tokens += rule.tokens(piece.text);
  return roundedUp(tokens);
}

/** Up to the next whole number, thirds that add up to a whole one being whole. */
export function roundedUp(tokens: number): number {
  return Math.max(0, Math.ceil(tokens - 1e-9));
}
