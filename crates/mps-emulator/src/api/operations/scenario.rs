//! Scenarios: redrawn videos, comics, advertisements and presented documents.

mod confirm;
mod create;
mod describe;
mod list;

use mps_models::{
    CreateAiDramaTask, CreateAiFissionTask, CreateDocToVideoTask, CreateVideoRedrawTask,
    DescribeAigcTaskList, DescribeAigcTaskStatus, ModifyDocToVideoTaskStatus,
};

use super::Operation;

pub(super) const OPERATIONS: [Operation; 7] = [
    Operation::of::<CreateVideoRedrawTask>(),
    Operation::of::<CreateAiDramaTask>(),
    Operation::of::<CreateAiFissionTask>(),
    Operation::of::<CreateDocToVideoTask>(),
    Operation::of::<ModifyDocToVideoTaskStatus>(),
    Operation::of::<DescribeAigcTaskStatus>(),
    Operation::of::<DescribeAigcTaskList>(),
];
