/** MMLU (Hendrycks et al., ICLR 2021): one CSV a subject, `question,A,B,C,D,answer` without a header, in dev, val and test folders. */
import { csvRows } from '../text/csv.ts';
import { InputError, excerpt } from '../text/input-error.ts';

/** One question with its four choices. */
export interface MmluItem {
  readonly line: number;
  readonly question: string;
  readonly choices: readonly [string, string, string, string];
  readonly answer: 'A' | 'B' | 'C' | 'D';
}

/** @throws InputError on a row that has not six fields, the last a letter from A to D. */
export function* mmluItems(lines: Iterable<string>, file: string): Generator<MmluItem> {
  for (const { line, fields } of csvRows(lines, { file })) {
    const [question = '', a = '', b = '', c = '', d = '', answer = ''] = fields.map((field) => field.trim());
    // Some copies add a header.
    if (line === 1 && question.toLowerCase() === 'question' && answer.toLowerCase() === 'answer') continue;
    if (fields.length !== 6 || !isLetter(answer)) {
      throw new InputError(file, line, `expected question,A,B,C,D,answer (a letter from A to D), got ${fields.length} fields: ${excerpt(fields.join(','))}`);
    }
    yield { line, question, choices: [a, b, c, d], answer };
  }
}

function isLetter(text: string): text is MmluItem['answer'] {
  return text === 'A' || text === 'B' || text === 'C' || text === 'D';
}

/** `college_biology_dev.csv`, with folders or without → `college_biology`. */
export function mmluSubject(file: string): string {
  const base = file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
  return base.replace(/\.csv$/i, '').replace(/_(?:dev|val|test)$/, '');
}

/** An item as the paper's evaluation shows it; with the answer where it serves as an example. */
export function mmluText(item: MmluItem, withAnswer: boolean): string {
  const choices = item.choices.map((choice, index) => `${'ABCD'.charAt(index)}. ${choice}`).join('\n');
  return `${item.question}\n${choices}\nAnswer:${withAnswer ? ` ${item.answer}\n\n` : ''}`;
}

/** The beginning that all questions of a subject share: the instruction and the examples. */
export function mmluFewShotPrefix(subject: string, examples: readonly MmluItem[]): string {
  const head = `The following are multiple choice questions (with answers) about ${subject.replaceAll('_', ' ')}.\n\n`;
  return head + examples.map((item) => mmluText(item, true)).join('');
}
