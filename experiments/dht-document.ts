/**
 * `npm run dht-document`: fills the tables of docs/DHT.md from results, and copies its figures beside it. A table stands between
 * `<!-- table <study> by <key>[, <key>=<value> …]: <metric>[, <metric> …] -->` and `<!-- end -->`.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillTables } from './dht-document/fill-tables.ts';
import { writeGenerated } from './generated-files.ts';
import { readResults } from './results/reader.ts';
import type { Results } from './results/reader.ts';

const DOCUMENT = 'docs/DHT.md';
/** Pictures of the document, by the name they have there: `![…](images/dht-….png)`. */
const FIGURES = [
  ['dht-comparison', 'hops-by-nodes-and-termination', 'dht-comparison-hops'],
  ['dht-scaling', 'hops-by-nodes', 'dht-scaling-hops'],
  ['dht-failures', 'timeouts-per-lookup-by-crash-and-redundancy', 'dht-failures-timeouts'],
  ['dht-churn', 'failed-share-by-session-and-kind', 'dht-churn-failed'],
  ['dht-frontier', 'cost-lookup-p50', 'dht-frontier-latency'],
  ['dht-frontier', 'cost-failed-share', 'dht-frontier-failed'],
] as const;

await writeGenerated('dht-document', `Fills the tables of ${DOCUMENT} from results/dht-* and copies their figures to docs/images. Run the dht-* configs first.`, async () => {
  const loaded = new Map<string, Results>();
  const text = readFileSync(DOCUMENT, 'utf8');
  for (const [, name] of text.matchAll(/<!-- table (\S+) /g)) if (!loaded.has(name)) loaded.set(name, await readResults(join('results', name)));
  writeFileSync(DOCUMENT, fillTables(text, (name) => loaded.get(name)!));
  for (const [study, figure, name] of FIGURES) copyFileSync(join('results', study, 'figures', `${figure}.png`), join('docs/images', `${name}.png`));
});
