/**
 * Plays the stories with one defect planted, until one catches it: `node with-defect.ts <name> <last seed>`.
 * Prints one line of JSON. A process of its own, because a defect is in the module as it is loaded.
 */
import { registerHooks } from 'node:module';
import { defects } from './defects.ts';
import { drawStory } from './story.ts';

const [name, last] = process.argv.slice(2);
const defect = defects.find((each) => each.name === name);
if (defect === undefined) throw new Error(`There is no defect ${name}.`);
let planted = 0;
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(`/src/${defect.file}`)) return loaded;
    const source = String(loaded.source);
    const parts = source.split(defect.from);
    if (parts.length !== 2) {
      throw new Error(
        `${defect.name}: its text is ${parts.length - 1} times in src/${defect.file}, and has to be there once.`,
      );
    }
    planted++;
    return { ...loaded, source: parts.join(defect.to) };
  },
});
const { play } = await import('./play.ts');
if (planted !== 1) throw new Error(`${defect.name}: src/${defect.file} is not loaded by the stories.`);

let played = 0;
let caught: { readonly seed: number; readonly wrong: readonly string[] } | undefined;
for (let seed = 1; seed <= Number(last) && caught === undefined; seed++) {
  if (defect.where?.(drawStory(seed)) === false) continue;
  played++;
  try {
    const { wrong } = await play(seed);
    if (wrong.length > 0) caught = { seed, wrong };
  } catch (error) {
    caught = { seed, wrong: [String(error)] };
  }
}
console.log(JSON.stringify({ name, played, ...caught }));
