export { EventStreamSerde, eventStreamSerdeProvider } from "./smithy-core-event-streams.js";
import "./logs.js";
