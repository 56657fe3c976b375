"""From the bytes of a data file to the tensors that a model takes."""

from course_lib.data.image_data import ImageData


def normalised(arrays, *, mean, std, **facts):
    """Turn uint8 arrays (N, H, W, C) and their labels into an ImageData of float tensors (N, C, H, W)."""
    import torch  # here and not above: `course_lib.data` itself needs none

    scale = torch.tensor(std).reshape(-1, 1, 1) * 255
    offset = torch.tensor(mean).reshape(-1, 1, 1) * 255

    def images(name):
        raw = torch.from_numpy(arrays[name]).permute(0, 3, 1, 2).float().contiguous()
        return raw.sub_(offset).div_(scale)

    def labels(name):
        return torch.from_numpy(arrays[name]).long()

    return ImageData(
        images("x_train"), labels("y_train"), images("x_test"), labels("y_test"), mean=mean, std=std, **facts
    )
