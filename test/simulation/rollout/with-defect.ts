import { playWithDefect } from '../play-with-defect.ts';
import { defects } from './defects.ts';
import { drawStory } from './story.ts';

const planted = defects.map((defect) => ({ ...defect, edits: [defect] }));
await playWithDefect(planted, drawStory, () => import('./play.ts'));
