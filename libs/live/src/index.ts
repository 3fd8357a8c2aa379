export { ChangeListener, ChangePublisher, type TopicMessage } from './change-topic.js';
export { FeedSink, type FeedEnd, type FeedEvent } from './feed.js';
export { LiveFeeds } from './live-feeds.js';
export { publishBlocks } from './publish-blocks.js';
