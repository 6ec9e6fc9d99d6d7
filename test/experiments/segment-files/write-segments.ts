/** A process to be killed: writes segments of growing ids for ever and says each id once it is on the disk. */
import { SegmentFileStore } from '../../../experiments/segment-files/segment-file-store.ts';
import { segmentContent } from './segment-content.ts';

const [folder, sizeBytes] = process.argv.slice(2);
const store = new SegmentFileStore(folder, { capacityBytes: 1e12 });
for (let id = 0; ; id++) {
  store.write(id, segmentContent(id, Number(sizeBytes)));
  process.stdout.write(`${id}\n`);
}
