/**
 * Hugging Face tokenizer.json files of Llama-family models: byte-pair encoding with byte fallback on ▁-marked text (Llama 2), byte-level
 * byte-pair encoding (Llama 3), and word lists (this project's own model).
 */
import { mergePairs } from './pair-merging.ts';
import type { Merge } from './pair-merging.ts';
import { isRecord } from './safetensors.ts';
import { utf8Bytes, utf8Text } from './tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';
import { preTokenPattern } from './pre-token-pattern.ts';

/** Tokens that stand in text as they are, never split or merged. */
interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
}

/** Reads a parsed tokenizer.json. `name` stands in error messages. Throws RangeError for a kind that Llama-family models do not use. */
export function readHuggingFaceTokenizer(json: unknown, name: string): Tokenizer {
  const fail = (what: string): RangeError => new RangeError(`${name}: ${what}`);
  if (!isRecord(json) || !isRecord(json['model'])) throw fail('not a tokenizer.json: no model');
  const { model } = json;
  if (!isRecord(model['vocab'])) throw fail('model.vocab is not an object of token numbers');
  const idOf = new Map<string, number>();
  const textOf: string[] = [];
  const add = (text: string, id: unknown): number => {
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0 || id > 16777216) throw fail(`token ${JSON.stringify(text)} has number ${JSON.stringify(id)}`);
    idOf.set(text, id);
    textOf[id] = text;
    return id;
  };
  for (const [text, id] of Object.entries(model['vocab'])) add(text, id);
  const addedList = Array.isArray(json['added_tokens']) ? (json['added_tokens'] as unknown[]) : [];
  const added = addedList.filter(isRecord).map((token): AddedToken => {
    if (typeof token['content'] !== 'string' || token['content'] === '') throw fail('an added token has no content');
    return { id: add(token['content'], token['id']), content: token['content'], special: token['special'] === true };
  });
  const vocabulary: Vocabulary = { name, idOf, textOf, added };
  const kind = model['type'] ?? 'BPE';
  if (kind === 'WordLevel') {
    const unknown = idOf.get(String(model['unk_token']));
    return new WordTokenizer(vocabulary, unknown);
  }
  if (kind !== 'BPE') throw fail(`model.type is ${JSON.stringify(kind)}; expected BPE or WordLevel`);
  const merges = readMerges(model['merges'], vocabulary, fail);
  const whole = model['ignore_merges'] === true;
  return usesByteLevel(json) ? new ByteLevelTokenizer(vocabulary, merges, whole, splitPattern(json['pre_tokenizer'], fail)) : new MarkedTokenizer(vocabulary, merges);
}

interface Vocabulary {
  readonly name: string;
  readonly idOf: ReadonlyMap<string, number>;
  readonly textOf: readonly (string | undefined)[];
  readonly added: readonly AddedToken[];
}

type MergeTable = ReadonlyMap<number, ReadonlyMap<number, Merge>>;

function readMerges(json: unknown, { idOf }: Vocabulary, fail: (what: string) => RangeError): MergeTable {
  if (!Array.isArray(json)) throw fail('model.merges is not a list');
  const table = new Map<number, Map<number, Merge>>();
  json.forEach((entry: unknown, rank) => {
    // Older files write "a b", newer ones ["a", "b"].
    const [left, right] = typeof entry === 'string' ? entry.split(' ') : Array.isArray(entry) ? (entry as unknown[]).map(String) : [];
    const leftId = idOf.get(left);
    const rightId = idOf.get(right);
    const token = idOf.get(left + right);
    if (leftId === undefined || rightId === undefined || token === undefined) throw fail(`merge ${rank}, ${JSON.stringify(entry)}, names tokens that the vocabulary lacks`);
    const row = table.get(leftId) ?? new Map<number, Merge>();
    // The first rule for a pair counts.
    if (!row.has(rightId)) row.set(rightId, { token, rank });
    table.set(leftId, row);
  });
  return table;
}

/** Nested pre-tokenizers and decoders, flattened. */
function stages(json: unknown): Record<string, unknown>[] {
  if (!isRecord(json)) return [];
  const inner = json['pretokenizers'] ?? json['decoders'] ?? json['normalizers'];
  return Array.isArray(inner) ? (inner as unknown[]).flatMap(stages) : [json];
}

function usesByteLevel(json: Record<string, unknown>): boolean {
  return [...stages(json['pre_tokenizer']), ...stages(json['decoder'])].some((stage) => stage['type'] === 'ByteLevel');
}

/** GPT-2's splitting pattern, which the ByteLevel stage applies where no Split stage stands before it. */
const GPT2_PATTERN = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

function splitPattern(json: unknown, fail: (what: string) => RangeError): RegExp {
  const split = stages(json).find((stage) => stage['type'] === 'Split');
  const pattern = split !== undefined && isRecord(split['pattern']) ? split['pattern']['Regex'] : GPT2_PATTERN;
  if (typeof pattern !== 'string') throw fail('pre_tokenizer splits by something else than a regular expression');
  try {
    return preTokenPattern(pattern);
  } catch (error) {
    throw fail(`pre_tokenizer pattern: ${(error as Error).message}`);
  }
}

/** What the three kinds share: added tokens are cut out first, BOS goes before. */
abstract class CutTokenizer implements Tokenizer {
  protected readonly vocabulary: Vocabulary;
  readonly #special: ReadonlySet<number>;

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
    this.#special = new Set(vocabulary.added.filter((token) => token.special).map((token) => token.id));
  }

  get vocab(): number {
    return this.vocabulary.textOf.length;
  }

  get bos(): number | undefined {
    return ['<s>', '<|begin_of_text|>', '<|startoftext|>'].map((text) => this.vocabulary.idOf.get(text)).find((id) => id !== undefined);
  }

  encode(text: string, bos = false): number[] {
    const tokens: number[] = bos && this.bos !== undefined ? [this.bos] : [];
    let from = 0;
    while (from < text.length) {
      let at = text.length;
      let found: AddedToken | undefined;
      for (const token of this.vocabulary.added) {
        const index = text.indexOf(token.content, from);
        // The leftmost wins, the longest among those that start together.
        if (index >= 0 && (index < at || (index === at && found !== undefined && token.content.length > found.content.length))) {
          at = index;
          found = token;
        }
      }
      if (at > from) tokens.push(...this.piece(text.slice(from, at), from === 0));
      if (found === undefined) break;
      tokens.push(found.id);
      from = at + found.content.length;
    }
    return tokens;
  }

  decode(tokens: Iterable<number>): string {
    const plain = Array.from(tokens, (token) => {
      const text = this.vocabulary.textOf[token];
      if (text === undefined) throw new RangeError(`token is ${token}; expected one of the ${this.vocab} of ${this.vocabulary.name}`);
      return { token, text };
    }).filter(({ token }) => !this.#special.has(token));
    return this.join(plain.map(({ text }) => text));
  }

  protected abstract piece(text: string, first: boolean): number[];
  protected abstract join(texts: readonly string[]): string;
}

/** Words between spaces. */
class WordTokenizer extends CutTokenizer {
  readonly #unknown: number | undefined;

  constructor(vocabulary: Vocabulary, unknown: number | undefined) {
    super(vocabulary);
    this.#unknown = unknown;
  }

  protected piece(text: string): number[] {
    const words = text.split(/\s+/).filter((word) => word !== '');
    return words.map((word) => {
      const id = this.vocabulary.idOf.get(word) ?? this.#unknown;
      if (id === undefined) throw new RangeError(`${this.vocabulary.name}: no token for ${JSON.stringify(word)}, and none for unknown words`);
      return id;
    });
  }

  protected join(texts: readonly string[]): string {
    return texts.join(' ');
  }
}

/** Spaces written as ▁, one before the text, and unknown characters as <0xNN> bytes: sentencepiece's BPE as converted for Llama 2. */
class MarkedTokenizer extends CutTokenizer {
  readonly #merges: MergeTable;

  constructor(vocabulary: Vocabulary, merges: MergeTable) {
    super(vocabulary);
    this.#merges = merges;
  }

  protected piece(text: string, first: boolean): number[] {
    const marked = (first ? '▁' : '') + text.replaceAll(' ', '▁');
    const start: number[] = [];
    for (const character of marked) {
      const id = this.vocabulary.idOf.get(character);
      if (id !== undefined) {
        start.push(id);
        continue;
      }
      for (const byte of utf8Bytes(character)) {
        const fallback = this.vocabulary.idOf.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`) ?? this.vocabulary.idOf.get('<unk>');
        if (fallback === undefined) throw new RangeError(`${this.vocabulary.name}: no token for ${JSON.stringify(character)}, nor for its bytes`);
        start.push(fallback);
      }
    }
    return mergePairs(start, (left, right) => this.#merges.get(left)?.get(right));
  }

  protected join(texts: readonly string[]): string {
    const bytes = texts.flatMap((text) => {
      const raw = /^<0x([0-9A-Fa-f]{2})>$/.exec(text);
      return raw === null ? utf8Bytes(text.replaceAll('▁', ' ')) : [parseInt(raw[1], 16)];
    });
    const text = utf8Text(bytes);
    return text.startsWith(' ') ? text.slice(1) : text;
  }
}

/** Pieces by a pattern, their bytes written as printable characters, merged within each piece: GPT-2's scheme, as in Llama 3. */
class ByteLevelTokenizer extends CutTokenizer {
  readonly #merges: MergeTable;
  readonly #wholeFirst: boolean;
  readonly #pattern: RegExp;
  readonly #known = new Map<string, readonly number[]>();

  constructor(vocabulary: Vocabulary, merges: MergeTable, wholeFirst: boolean, pattern: RegExp) {
    super(vocabulary);
    this.#merges = merges;
    this.#wholeFirst = wholeFirst;
    this.#pattern = pattern;
  }

  protected piece(text: string): number[] {
    const tokens: number[] = [];
    let end = 0;
    for (const match of text.matchAll(this.#pattern)) {
      // What the pattern skips is a piece of its own.
      if (match.index > end) tokens.push(...this.#word(text.slice(end, match.index)));
      if (match[0] !== '') tokens.push(...this.#word(match[0]));
      end = match.index + match[0].length;
    }
    if (end < text.length) tokens.push(...this.#word(text.slice(end)));
    return tokens;
  }

  #word(text: string): readonly number[] {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const written = utf8Bytes(text).map((byte) => BYTE_CHARACTERS[byte]);
    const whole = this.#wholeFirst ? this.vocabulary.idOf.get(written.join('')) : undefined;
    const tokens =
      whole !== undefined
        ? [whole]
        : mergePairs(
            written.map((character) => {
              const id = this.vocabulary.idOf.get(character);
              if (id === undefined) throw new RangeError(`${this.vocabulary.name}: no token for byte ${JSON.stringify(character)}`);
              return id;
            }),
            (left, right) => this.#merges.get(left)?.get(right),
          );
    // Words repeat; a bound keeps a long text of new ones from filling the memory.
    if (this.#known.size < 100_000) this.#known.set(text, tokens);
    return tokens;
  }

  protected join(texts: readonly string[]): string {
    return utf8Text(texts.flatMap((text) => Array.from(text).flatMap((character) => BYTE_OF.get(character) ?? utf8Bytes(character))));
  }
}

/** GPT-2's table (`bytes_to_unicode`): printable bytes stand for themselves, the others for characters from U+0100 on, in order. */
const BYTE_CHARACTERS: readonly string[] = (() => {
  const printable = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
})();
const BYTE_OF = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));
