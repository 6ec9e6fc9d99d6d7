/** A corpus of documents cut into chunks, with their text. */
import type { UnitCatalogue } from '../workload.ts';
import type { Chunker } from './chunker.ts';

/** A document as an importer gives it. */
export interface DocumentText {
  /** What relevance judgements call the document. */
  readonly key: string;
  /** Put before the text, where there is one. */
  readonly title?: string;
  readonly text: string;
}

/** Chunks with their texts, lengths and documents, all in memory. */
export class TextCorpus implements UnitCatalogue {
  readonly name: string;
  /** The rule that token counts rest on. */
  readonly tokenRule: string;
  readonly #texts: string[] = [];
  readonly #tokens: number[] = [];
  readonly #documentOf: number[] = [];
  readonly #keys: string[] = [];

  /** @throws RangeError where two documents have one key. */
  constructor(name: string, documents: Iterable<DocumentText>, chunker: Chunker) {
    this.name = name;
    this.tokenRule = chunker.rule.name;
    const seen = new Set<string>();
    for (const { key, title, text } of documents) {
      if (seen.has(key)) throw new RangeError(`corpus ${name}: two documents have the key "${key}"`);
      seen.add(key);
      const document = this.#keys.push(key) - 1;
      for (const chunk of chunker.chunks(title === undefined || title === '' ? text : `${title}\n${text}`)) {
        this.#texts.push(chunk.text);
        this.#tokens.push(chunk.tokens);
        this.#documentOf.push(document);
      }
    }
  }

  /** Number of chunks; their ids are 0 … size − 1, in document order. */
  get size(): number {
    return this.#texts.length;
  }

  get documentCount(): number {
    return this.#keys.length;
  }

  tokens(id: number): number {
    return this.#tokens[this.#checked(id)];
  }

  document(id: number): number {
    return this.#documentOf[this.#checked(id)];
  }

  text(id: number): string {
    return this.#texts[this.#checked(id)];
  }

  /** The key of the document that a chunk was cut from. */
  documentKey(id: number): string {
    return this.#keys[this.document(id)];
  }

  #checked(id: number): number {
    if (!(Number.isInteger(id) && id >= 0 && id < this.size)) throw new RangeError(`chunk ${id}: expected an id from 0 to ${this.size - 1}`);
    return id;
  }
}
