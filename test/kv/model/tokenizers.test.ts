import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHuggingFaceTokenizer } from '../../../kv/model/hugging-face-tokenizer.ts';
import { readLlama2cTokenizer } from '../../../kv/model/llama2c-tokenizer.ts';
import { mergePairs } from '../../../kv/model/pair-merging.ts';
import { preTokenPattern } from '../../../kv/model/pre-token-pattern.ts';
import { checkTokenizerFits, utf8Bytes, utf8Text } from '../../../kv/model/tokenizer.ts';
import { wordLevelTokenizerJson } from '../../../kv/model/word-level-tokenizer.ts';

/** A llama2.c tokenizer file: three marks, 256 bytes, then pieces; later pieces score lower, as sentencepiece writes them. */
function llama2cFile(pieces: readonly string[]): { bytes: Uint8Array; vocab: number } {
  const all = ['<unk>', '\n<s>\n', '\n</s>\n', ...Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`), ...pieces];
  const parts = [Buffer.alloc(4)];
  all.forEach((piece, i) => {
    const text = Buffer.from(piece);
    const head = Buffer.alloc(8);
    head.writeFloatLE(i < 259 ? 0 : -(i - 259), 0);
    head.writeInt32LE(text.length, 4);
    parts.push(head, text);
  });
  return { bytes: new Uint8Array(Buffer.concat(parts)), vocab: all.length };
}

describe('UTF-8', () => {
  it('is what the platform makes of it, broken bytes included', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = utf8Text(Array.from(bytes));
        // Decoders differ in how many U+FFFD one broken sequence becomes; the rest must be the same.
        const squeezed = (s: string): string => s.replaceAll(/\ufffd+/g, '\ufffd');
        expect(squeezed(text)).toBe(squeezed(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)));
      }),
      { seed: 1, numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
        expect(utf8Bytes(text)).toEqual(Array.from(new TextEncoder().encode(text)));
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('pair merging', () => {
  it('does what merging the best pair over and over does', () => {
    // Tokens merge when their sum is below 20; the rank is a scramble of the pair.
    const lookup = (a: number, b: number) => (a + b < 20 ? { token: a + b, rank: (a * 7 + b * 13) % 11 } : undefined);
    const slowly = (tokens: number[]): number[] => {
      const list = tokens.slice();
      for (;;) {
        let best = -1;
        for (let i = 0; i + 1 < list.length; i++) {
          const merge = lookup(list[i], list[i + 1]);
          if (merge !== undefined && (best < 0 || merge.rank < lookup(list[best], list[best + 1])!.rank)) best = i;
        }
        if (best < 0) return list;
        list.splice(best, 2, lookup(list[best], list[best + 1])!.token);
      }
    };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 40 }), (tokens) => {
        expect(mergePairs(tokens, lookup)).toEqual(slowly(tokens));
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('llama2.c tokenizer', () => {
  const { bytes, vocab } = llama2cFile([' ', 'a', 'b', 'c', 'ab', ' a', 'abc', ' ab']);
  const tokenizer = readLlama2cTokenizer(bytes, vocab, 'tok.bin');
  const id = (piece: string): number => 259 + [' ', 'a', 'b', 'c', 'ab', ' a', 'abc', ' ab'].indexOf(piece);

  it('puts a space first and merges the best score first', () => {
    // ' ' 'a' 'b' 'c' → 'ab' scores above ' a' and 'abc' above ' ab'.
    expect(tokenizer.encode('abc')).toEqual([id(' '), id('abc')]);
    expect(tokenizer.encode('a', true)).toEqual([1, id(' a')]);
    expect(tokenizer.encode('')).toEqual([]);
  });

  it('falls back to bytes and comes back from them', () => {
    expect(tokenizer.encode('é')).toEqual([id(' '), 0xc3 + 3, 0xa9 + 3]);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text, true))).toBe(text);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('is refused when it is truncated, too long or nonsense', () => {
    for (let length = 0; length < bytes.length; length += 97) expect(() => readLlama2cTokenizer(bytes.subarray(0, length), vocab, 'tok.bin')).toThrow(/tok\.bin/);
    expect(() => readLlama2cTokenizer(bytes, vocab - 1, 'tok.bin')).toThrow(/bytes follow its 266 tokens/);
    const spoiled = Uint8Array.from(bytes);
    new DataView(spoiled.buffer).setInt32(8, 2 ** 30, true);
    expect(() => readLlama2cTokenizer(spoiled, vocab, 'tok.bin')).toThrow(/claims 1073741824 bytes/);
    new DataView(spoiled.buffer).setInt32(8, -1, true);
    expect(() => readLlama2cTokenizer(spoiled, vocab, 'tok.bin')).toThrow(/claims -1 bytes/);
    expect(() => tokenizer.decode([vocab])).toThrow(/token is 267/);
  });
});

describe('tokenizer.json', () => {
  const vocabOf = (pieces: readonly string[]): Record<string, number> => Object.fromEntries(pieces.map((piece, i) => [piece, i]));

  it('reads byte fallback on marked text (Llama 2)', () => {
    const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`);
    const pieces = ['<unk>', '<s>', '</s>', ...bytes, '▁', 'h', 'i', 'hi', '▁hi'];
    const tokenizer = readHuggingFaceTokenizer(
      {
        added_tokens: [{ id: 1, content: '<s>', special: true }, { id: 2, content: '</s>', special: true }],
        normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, { type: 'Replace', pattern: { String: ' ' }, content: '▁' }] },
        model: { type: 'BPE', byte_fallback: true, vocab: vocabOf(pieces), merges: ['h i', '▁ hi'] },
      },
      'tokenizer.json',
    );
    const at = (piece: string): number => pieces.indexOf(piece);
    expect(tokenizer.encode('hi hi', true)).toEqual([1, at('▁hi'), at('▁hi')]);
    expect(tokenizer.encode('hi</s>')).toEqual([at('▁hi'), 2]);
    expect(tokenizer.encode('é')).toEqual([at('▁'), at('<0xC3>'), at('<0xA9>')]);
    expect(tokenizer.decode(tokenizer.encode('hi hé 🙂', true))).toBe('hi hé 🙂');
    expect(tokenizer.bos).toBe(1);
  });

  it('reads byte-level merges behind a splitting pattern (Llama 3)', () => {
    const characters = Array.from({ length: 256 }, (_, b) => ((b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174 ? String.fromCodePoint(b) : ''));
    let next = 256;
    const bytes = characters.map((character) => (character === '' ? String.fromCodePoint(next++) : character));
    const pieces = [...bytes, 'he', 'll', 'hell', 'hello', 'Ġhe', "'s", '<|begin_of_text|>'];
    const pattern = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    const json = (over: object): object => ({
      added_tokens: [{ id: pieces.length - 1, content: '<|begin_of_text|>', special: true }],
      pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated' }, { type: 'ByteLevel', use_regex: false }] },
      decoder: { type: 'ByteLevel' },
      model: { type: 'BPE', vocab: vocabOf(pieces), merges: [['h', 'e'], ['l', 'l'], ['he', 'll'], ['Ġ', 'he'], ["'", 's']], ...over },
    });
    const tokenizer = readHuggingFaceTokenizer(json({}), 'tokenizer.json');
    const at = (piece: string): number => pieces.indexOf(piece);
    expect(tokenizer.encode("hello he's", true)).toEqual([at('<|begin_of_text|>'), at('hell'), at('o'), at('Ġhe'), at("'s")]);
    expect(tokenizer.encode("HE'S").at(-2)).toBe(at("'")); // The split is case-blind, the merge is not.
    // A whole word in the vocabulary goes before merges where the file says so.
    expect(readHuggingFaceTokenizer(json({ ignore_merges: true }), 't').encode('hello')).toEqual([at('hello')]);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 25 }), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text, true))).toBe(text);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('reads word lists', () => {
    const tokenizer = readHuggingFaceTokenizer(JSON.parse(wordLevelTokenizerJson(['<unk>', '<s>', 'a', 'b'], { bos: 1, unknown: 0 })), 'words');
    expect(tokenizer.encode('a  b z', true)).toEqual([1, 2, 3, 0]);
    expect(tokenizer.decode([1, 2, 3])).toBe('a b');
  });

  it('is refused when it is of another kind, or contradicts itself', () => {
    const read = (json: unknown) => () => readHuggingFaceTokenizer(json, 'tokenizer.json');
    expect(read(3)).toThrow(/not a tokenizer\.json/);
    expect(read({ model: { type: 'Unigram', vocab: {} } })).toThrow(/model\.type is "Unigram"; expected BPE or WordLevel/);
    expect(read({ model: { type: 'BPE', vocab: { a: 'x' }, merges: [] } })).toThrow(/token "a" has number "x"/);
    expect(read({ model: { type: 'BPE', vocab: { a: 1e12 }, merges: [] } })).toThrow(/number 1000000000000/);
    expect(read({ model: { type: 'BPE', vocab: { a: 0 }, merges: ['a b'] } })).toThrow(/merge 0, "a b", names tokens that the vocabulary lacks/);
    expect(read({ model: { type: 'BPE', vocab: { a: 0 } } })).toThrow(/merges is not a list/);
    expect(() => { checkTokenizerFits({ vocab: 50, bos: 1, encode: () => [], decode: () => '' }, 40, 'tok'); }).toThrow(/50 tokens, but the model embeds 40/);
  });

  it('spells out case-blind groups and refuses patterns it cannot', () => {
    expect(preTokenPattern("(?i:'s|x)|y").source).toBe("(?:'[sS]|[xX])|y");
    expect(() => preTokenPattern('(?i:a')).toThrow(/not closed/);
    expect(() => preTokenPattern('(?i:[a])')).toThrow(/cannot be spelled out/);
    expect(() => preTokenPattern('a++')).toThrow(/cannot be expressed/);
    expect(() => preTokenPattern('x'.repeat(3000))).toThrow(/3000 characters/);
  });
});
