/** The simplest tokenizer.json: one token a word, words parted by spaces. */

/** A Hugging Face tokenizer.json of a word list; a word's index is its token. */
export function wordLevelTokenizerJson(words: readonly string[], special: { readonly bos: number; readonly unknown: number }): string {
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  const added = [special.unknown, special.bos].map((id) => ({ id, content: words[id], special: true }));
  return `${JSON.stringify(
    {
      version: '1.0',
      added_tokens: added,
      normalizer: null,
      pre_tokenizer: { type: 'WhitespaceSplit' },
      post_processor: null,
      decoder: null,
      model: { type: 'WordLevel', vocab, unk_token: words[special.unknown] },
    },
    undefined,
    1,
  )}\n`;
}
