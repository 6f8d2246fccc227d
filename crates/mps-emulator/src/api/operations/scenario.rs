//! Scenarios: redrawn videos, comics, advertisements and presented documents.

mod confirm;
mod create;
mod describe;
mod list;

use mps_models::{
    CreateAiDramaTask, CreateAiFissionTask, CreateDocToVideoTask, CreateVideoRedrawTask,
    DescribeAigcTaskList, DescribeAigcTaskStatus, ModifyDocToVideoTaskStatus,
};

use super::TypedOperation;

pub(super) const OPERATIONS: [TypedOperation; 7] = [
    TypedOperation::of::<CreateVideoRedrawTask>(),
    TypedOperation::of::<CreateAiDramaTask>(),
    TypedOperation::of::<CreateAiFissionTask>(),
    TypedOperation::of::<CreateDocToVideoTask>(),
    TypedOperation::of::<ModifyDocToVideoTaskStatus>(),
    TypedOperation::of::<DescribeAigcTaskStatus>(),
    TypedOperation::of::<DescribeAigcTaskList>(),
];
