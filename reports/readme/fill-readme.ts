/** The numbers of README.md, between `<!-- numbers -->` and `<!-- end -->`, filled from results with the file, metric and cell of each. */
import { escapeMarkdown } from '../document/markdown.ts';
import { type Prose, joined, plainText, prose, sourcedPieces } from '../prose/inline.ts';
import { type SourcedStudy, configured } from '../prose/quantities.ts';
import { commandOf, CATALOGUE } from '../technical-report/catalogue.ts';
import { crossing, duels } from '../told/duels.ts';
import { levels } from '../told/levels.ts';

const MARKED = /(<!-- numbers -->\n)[\s\S]*?(<!-- end -->)/;
/** Studies that the block tells of. */
export const README_STUDIES = ['replication', 'break-even'] as const;

/** The figure of the first of them that stands in docs/images. */
export const README_PICTURE = 'ttft-by-replicas.png';

/**
 * The text with its block filled.
 * @throws Error, one line, where the text has no such block, or a study that it tells of is not among the results
 */
export function fillReadme(text: string, studies: readonly SourcedStudy[]): string {
  if (!MARKED.test(text)) throw new Error('the text has no block between <!-- numbers --> and <!-- end -->');
  const [replication, breakEven] = README_STUDIES.map((name): SourcedStudy => {
    const found = studies.find(({ folder }) => folder === name);
    const entry = CATALOGUE.find(({ folder }) => folder === name)!;
    if (found === undefined) throw new Error(`the numbers need the study ${name}: ${commandOf(entry)}`);
    return found;
  });
  const paragraphs = [
    [regime(replication, 'The picture’s regime'), ...told(levels('ttftMeanMs'), replication), ...told(duels('ttftMeanMs'), replication)],
    [regime(breakEven, 'Other links and GPUs'), ...told(crossing('ttftMeanMs', 'network.down', { against: 'no-reuse' }), breakEven)],
  ].filter((sentences) => sentences.length > 0);
  const shown = paragraphs.map(([lead, ...rest]) => `${escapeMarkdown(plainText(lead))}\n\n${rest.map((each) => `- ${escapeMarkdown(plainText(each))}`).join('\n')}`);
  const block = [...shown, sourceTable(paragraphs.flat())].join('\n\n');
  return text.replace(MARKED, (_, begin: string, end: string) => `${begin}${block}\n${end}`);
}

function told(teller: (study: SourcedStudy) => readonly { readonly text: Prose }[], study: SourcedStudy): Prose[] {
  return teller(study).map(({ text }) => text);
}

const REGIME: readonly (readonly [key: string, before: string])[] = [['cluster.nodes', 'nodes'], ['cluster.gpu', 'GPU'], ['cluster.model', 'model'], ['network.up', 'uplinks'], ['workload.rate', 'requests'], ['compression', 'compression']];

/** What a study holds the same, from its resolved config. */
function regime(study: SourcedStudy, lead: string): Prose {
  const items = REGIME.flatMap(([key, before]): Prose[] => {
    const value = study.variables.some((v) => v.key === key) ? undefined : configured(study, key);
    return value === undefined ? [] : [prose`${before} ${value}`];
  });
  return items.length === 0 ? prose`${lead}:` : prose`${lead}: ${joined(items, ', ')}.`;
}

/** Every number of the block and where it was read. */
function sourceTable(sentences: readonly Prose[]): string {
  const seen = new Set<string>();
  const rows = sentences.flatMap(sourcedPieces).flatMap(({ text, source: { file, metric, cell } }) => {
    const row = `| ${[text, `results/${file}`, metric, cell].map(escapeMarkdown).join(' | ')} |`;
    if (!/(?:^|[^\p{L}\d])\d/u.test(text) || seen.has(row)) return [];
    seen.add(row);
    return [row];
  });
  const commands = README_STUDIES.map((name) => `\`${commandOf(CATALOGUE.find(({ folder }) => folder === name)!)}\``).join(' and ');
  return `<details><summary>Where these numbers come from</summary>\n\nMade by ${commands}, filled in by \`npm run report -- --readme\`, which copies the picture from \`results/replication/figures/${README_PICTURE}\` too.\n\n| number | file | metric | cell |\n|---|---|---|---|\n${rows.join('\n')}\n\n</details>`;
}
