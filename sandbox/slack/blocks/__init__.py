"""Block Kit as Slack checks it: vocabulary, objects, elements, blocks, surfaces."""
