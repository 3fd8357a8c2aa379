export { ChangeListener, ChangePublisher, type TopicMessage } from './change-topic.js';
export { LiveFeeds } from './live-feeds.js';
export { publishBlocks } from './publish-blocks.js';
