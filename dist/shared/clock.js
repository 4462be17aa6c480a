export { answerBy, systemClock } from "./start.js";
