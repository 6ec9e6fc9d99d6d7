/** Text made up of made-up words, with questions whose relevant documents are known: a retrieval testbed that needs no file. */
import { RandomStream } from '../../sim/kernel/random-stream.ts';
import { Zipf } from '../../sim/kernel/zipf.ts';
import type { Question } from './question.ts';
import type { DocumentText } from './text-corpus.ts';

/** Size and shape of the corpus, and how it is asked about. */
export interface SyntheticTextOptions {
  readonly documents: number;
  readonly wordsPerDocument: number;
  readonly questions: number;
  readonly seed: string | number;
  /** Words that all documents draw on, Zipf exponent 1, as natural language has it. Default 5 000. */
  readonly vocabulary?: number;
  /** Documents i·t … belong to topic i; a topic has words of its own. Default 20 topics of 60 words. */
  readonly topics?: number;
  readonly topicWords?: number;
  /** Probability that a word of a document is one of its topic's. Default 0.2. */
  readonly topicShare?: number;
  /** Words in a question. Default 6: one name that its document alone has, the rest from the document at random. */
  readonly wordsPerQuestion?: number;
  /** Zipf exponent of how often documents are asked about. Default 0.8. */
  readonly zipf?: number;
  /** Share of questions that do not name their document's own word, and so are harder. Default 0.4. */
  readonly hardShare?: number;
}

/** A corpus and questions on it. */
export interface SyntheticText {
  readonly documents: readonly DocumentText[];
  /** Each with its one relevant document, and as its answer the word that only this document has. */
  readonly questions: readonly Question[];
}

const ONSETS = ['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'z'];
const VOWELS = ['a', 'e', 'i', 'o', 'u'];
const SYLLABLES = ONSETS.length * VOWELS.length;

/** A word for a number: at least two syllables, different for different numbers. */
export function syntheticWord(index: number): string {
  let word = '';
  let rest = index;
  for (let syllable = 0; syllable < 2 || rest > 0; syllable++) {
    const at = rest % SYLLABLES;
    word += ONSETS[Math.floor(at / VOWELS.length)] + VOWELS[at % VOWELS.length];
    rest = Math.floor(rest / SYLLABLES);
  }
  return word;
}

/** @throws RangeError where a count is below 1. */
export function syntheticText(options: SyntheticTextOptions): SyntheticText {
  const { documents, wordsPerDocument, questions, seed, vocabulary = 5000, topics = 20, topicWords = 60 } = options;
  const { topicShare = 0.2, wordsPerQuestion = 6, zipf = 0.8, hardShare = 0.4 } = options;
  for (const [name, value] of Object.entries({ documents, wordsPerDocument, vocabulary, topics, topicWords, wordsPerQuestion })) {
    if (!(Number.isInteger(value) && value >= 1)) throw new RangeError(`${name} is ${value}: expected a whole number of at least 1`);
  }
  const stream = new RandomStream(`workload/synthetic-text/${seed}`);
  const general = new Zipf(vocabulary, 1);
  const ofTopic = new Zipf(topicWords, 1);
  const words: string[][] = [];
  for (let document = 0; document < documents; document++) {
    const topic = Math.floor((document * topics) / documents);
    const text = Array.from({ length: wordsPerDocument }, () =>
      syntheticWord(stream.bernoulli(topicShare) ? vocabulary + topic * topicWords + ofTopic.sample(stream) : general.sample(stream)),
    );
    text[stream.integer(wordsPerDocument)] = ownWord(document);
    words.push(text);
  }
  const popularity = new Zipf(documents, zipf);
  const documentAt = stream.shuffle(Array.from({ length: documents }, (_, document) => document));
  return {
    documents: words.map((text, document) => ({ key: `d${document}`, text: text.join(' ') })),
    questions: Array.from({ length: questions }, (_, question) => {
      const document = documentAt[popularity.sample(stream)];
      const others = words[document].filter((word) => word !== ownWord(document) || wordsPerDocument === 1);
      const asked = Array.from({ length: wordsPerQuestion }, () => stream.pick(others));
      if (!stream.bernoulli(hardShare)) asked[0] = ownWord(document);
      return { key: `q${question}`, text: asked.join(' '), answers: [ownWord(document)], relevant: new Set([`d${document}`]) };
    }),
  };

  function ownWord(document: number): string {
    return syntheticWord(vocabulary + topics * topicWords + document);
  }
}
