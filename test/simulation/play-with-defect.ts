/**
 * Plays stories with one defect planted, until one catches it: `node with-defect.ts <name> <last seed>`. Prints one
 * line of JSON. A process of its own, because a defect is in the modules as they are loaded.
 */
import { type Edit, plant } from './plant.ts';
import type { Played } from './shard.ts';

export interface Defect<Story> {
  readonly name: string;
  /** What the kit would do. */
  readonly sentence: string;
  readonly edits: readonly Edit[];
  /** Stories that can show it: for a quick search only. */
  readonly where?: (story: Story) => boolean;
}

/** `load` imports what the defect is planted in. */
export async function playWithDefect<Story>(
  defects: readonly Defect<Story>[],
  drawStory: (seed: number) => Story,
  load: () => Promise<{ readonly play: (seed: number) => Promise<Pick<Played, 'wrong'>> }>,
): Promise<void> {
  const [name, last] = process.argv.slice(2);
  const defect = defects.find((each) => each.name === name);
  if (defect === undefined) throw new Error(`There is no defect ${name}.`);
  const check = plant(defect.name, defect.edits);
  const { play } = await load();
  check();
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
}
