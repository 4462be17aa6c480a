/** A lab that another process kills, with one container. Its task's ARN ends with this process's id. */
import { pushBaseImage } from '../../../../src/lab/dataplane/registry/base-image.ts';
import { writeImage } from '../../../../src/lab/dataplane/registry/image-writer.ts';
import { container, startLab, task } from './lab.ts';
import { root } from './memory-manifest-store.ts';

const lab = await startLab({ mode: 'container' });
const images = { store: lab.store, blobs: lab.plane.blobs, principal: root };
await pushBaseImage(images, 'container');
const base = { repository: 'lab/node', reference: '24' };
await writeImage(images, { repository: 'app', tag: '1', base, layers: [], settings: {} });
const command = ['node', '-e', 'setInterval(() => {}, 1000)'];
lab.kernel.emit({ kind: 'start-task', task: task([container({ command })], String(process.pid)) });
await lab.fact('container-started');
process.stdout.write(`${JSON.stringify({ tempDir: lab.tempDir })}\n`);
