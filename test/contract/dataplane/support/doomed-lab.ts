/** A lab that another process kills: starts one task that ignores every signal it can, and one that hangs. */
import { pushBaseImage } from '../../../../src/lab/dataplane/registry/base-image.ts';
import { writeImage } from '../../../../src/lab/dataplane/registry/image-writer.ts';
import { container, startLab, task } from './lab.ts';
import { root } from './memory-manifest-store.ts';

const stubborn = `
process.on('SIGTERM', () => {});
const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
console.log(process.pid + ' ' + child.pid);
setInterval(() => {}, 1000);
`;
const hung = 'process._rawDebug(""); console.log(process.pid + " 0"); setTimeout(() => { for (;;); }, 100)';

const lab = await startLab();
const images = { store: lab.store, blobs: lab.plane.blobs, principal: root };
await pushBaseImage(images, 'process');
await writeImage(images, { repository: 'app', tag: '1', layers: [], settings: {} });
for (const [id, program] of [
  ['1', stubborn],
  ['2', hung],
] as const) {
  lab.kernel.emit({ kind: 'start-task', task: task([container({ command: ['node', '-e', program] })], id) });
}
await lab.fact('log', ({ message }) => / 0$/.test(message));
await lab.fact('log', ({ message }) => / [1-9]/.test(message));
const pids = lab.facts.flatMap((fact) => (fact.kind === 'log' ? fact.message.split(' ').map(Number) : []));
process.stdout.write(`${JSON.stringify({ tempDir: lab.tempDir, pids: pids.filter((pid) => pid > 0) })}\n`);
