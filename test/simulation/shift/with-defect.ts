/**
 * Plays the stories with one defect planted, until one catches it: `node with-defect.ts <name> <last seed>`.
 * Prints one line of JSON. A process of its own, because a defect is in the modules as they are loaded.
 */
import { defects } from './defects.ts';
import { plant } from './plant.ts';
import { drawStory } from './story.ts';

const [name, last] = process.argv.slice(2);
const defect = defects.find((each) => each.name === name);
if (defect === undefined) throw new Error(`There is no defect ${name}.`);
const check = plant(defect.name, defect.edits);
const { playStory } = await import('./play.ts');
check();

let played = 0;
let caught: { readonly seed: number; readonly wrong: readonly string[] } | undefined;
for (let seed = 1; seed <= Number(last) && caught === undefined; seed++) {
  const story = drawStory(seed);
  if (defect.where?.(story) === false) continue;
  played++;
  try {
    const { wrong } = await playStory(story);
    if (wrong.length > 0) caught = { seed, wrong };
  } catch (error) {
    caught = { seed, wrong: [String(error)] };
  }
}
console.log(JSON.stringify({ name, played, ...caught }));
